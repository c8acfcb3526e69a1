// What passes by, and whether it is proven: asked of Fedify's own verifiers, each by itself. Its inbox stops at the
// first proof that holds, so by itself it would not tell about the others.
import { verifyProof, verifyRequestDetailed } from "@fedify/fedify";
import { Activity } from "@fedify/vocab";

const schemeOf = (headers) =>
  headers.has("Signature-Input") ? "rfc9421" : headers.has("Signature") ? "cavage" : null;

/** Keep a row for everything that we send or ask for. */
export function watchFetches(rows) {
  const send = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const row = { method: request.method, url: request.url, scheme: schemeOf(request.headers) };
    rows.push(row);
    if (request.method === "POST") {
      const json = await request.clone().json();
      Object.assign(row, { type: json.type, proof: "proof" in json, signature: "signature" in json });
    }
    const response = await send(request);
    row.status = response.status;
    return response;
  };
}

/** The scheme of a request's HTTP signature, and whether the signature holds. */
export async function watchRequest(request, context) {
  const scheme = schemeOf(request.headers);
  if (scheme === null) return { scheme, http: null };
  const result = await verifyRequestDetailed(request, {
    documentLoader: context.documentLoader,
    contextLoader: context.contextLoader,
  });
  return { scheme, http: result.verified ? "verified" : result.reason.type, key: result.key?.id?.href };
}

/** Whether the integrity proofs of an activity hold: "verified", "wrong" or null where there are none. */
export async function proofsOf(json, context) {
  const loaders = { documentLoader: context.documentLoader, contextLoader: context.contextLoader };
  const activity = await Activity.fromJsonLd(json, loaders);
  let found = null;
  for await (const proof of activity.getProofs(loaders)) {
    const key = await verifyProof(json, proof, loaders);
    if (key === null || key.controllerId?.href !== activity.actorId?.href) return "wrong";
    found = "verified";
  }
  return found;
}
