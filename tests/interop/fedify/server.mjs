// Two people on a server made with Fedify: `node server.mjs '{"origin", "tls", "firstKnock", "refused"}'`.
//
// It speaks https under `origin` and takes wishes as JSON on a second port of loopback, which it prints when it is
// ready. It has no queue, so a wish is answered when the other server has taken or refused what was sent. Whatever
// it serves about its people it serves only to those who sign (authorized fetch). `refused` is a signature scheme
// that it does not speak, or null.
import "./names.mjs";

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import {
  Accept,
  Create,
  Delete,
  Endpoints,
  Note,
  Person,
  Reject,
  Tombstone,
  Update,
} from "@fedify/vocab";
import { createAdaptorServer } from "@hono/node-server";
import { configure, getConsoleSink } from "@logtape/logtape";

import { postAsRead } from "./read.mjs";
import { proofsOf, watchFetches, watchRequest } from "./watch.mjs";
import { wishesOf } from "./wishes.mjs";

const { origin, tls, firstKnock, refused } = JSON.parse(process.argv[2]);
const PEOPLE = new Map([["anna", "Anna Anders"], ["bert", "Bert Bote"]]);

await configure({
  sinks: { console: getConsoleSink() },
  loggers: [
    { category: "fedify", lowestLevel: "info", sinks: ["console"] },
    { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
  ],
});

const state = {
  /** What came in: one row for each POST. */
  received: [],
  /** What was asked for: one row for each GET. */
  asked: [],
  /** What we sent: one row for each request that left. */
  sent: [],
  /** Our notes by their token; null once deleted. */
  notes: new Map(),
};
watchFetches(state.sent);

const federation = createFederation({
  kv: new MemoryKvStore(),
  origin,
  allowPrivateAddress: true,
  firstKnock,
});

const keys = new Map();
for (const name of PEOPLE.keys()) {
  keys.set(name, [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")]);
}

const signed = async (context) => (await context.getSignedKey()) !== null;

federation
  .setActorDispatcher("/people/{identifier}", async (context, identifier) => {
    if (!PEOPLE.has(identifier)) return null;
    const pairs = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: PEOPLE.get(identifier),
      summary: "<p>Liest mit.</p>",
      url: new URL(`/@${identifier}`, origin),
      inbox: context.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_context, identifier) => keys.get(identifier) ?? [])
  .authorize((context) => signed(context));

federation
  .setObjectDispatcher(Note, "/notes/{token}", (_context, { token }) => state.notes.get(token) ?? null)
  .authorize((context) => signed(context));

// What Fedify asks for while it handles an inbox, it asks for in Anna's name.
federation
  .setInboxListeners("/people/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "anna" }))
  .on(Accept, async (context, accept) => {
    const follow = await accept.getObject({ crossOrigin: "trust" }); // it is ours, as we sent it
    take(accept, { follow: follow?.id?.href, of: follow?.objectId?.href, by: follow?.actorId?.href });
  })
  .on(Create, async (context, create) => take(create, await postAsRead(await create.getObject(context), context)))
  .on(Update, async (context, update) => take(update, await postAsRead(await update.getObject(context), context)))
  .on(Delete, async (context, deletion) => {
    const object = await deletion.getObject(context);
    take(deletion, { id: object?.id?.href ?? deletion.objectId?.href, gone: object instanceof Tombstone });
  })
  .on(Reject, (_context, reject) => take(reject, {}))
  .onError((_context, error) => console.error("inbox:", error));

/** Note that a listener got this activity: Fedify believed it. */
function take(activity, object) {
  const row = state.received.findLast((row) => row.id === activity.id?.href);
  if (row) Object.assign(row, { taken: true, object });
}

async function answer(request) {
  const context = federation.createContext(new URL(origin), undefined);
  const row = { path: new URL(request.url).pathname };
  if (request.method === "POST") {
    const json = await request.clone().json();
    Object.assign(row, { type: json.type, id: json.id, taken: false, proof: await proofsOf(json, context) });
    state.received.push(row);
  } else {
    state.asked.push(row);
  }
  Object.assign(row, await watchRequest(request, context));
  const response = row.scheme !== null && row.scheme === refused
    ? new Response("This scheme is not spoken here.", { status: 401 })
    : await federation.fetch(request, { contextData: undefined });
  row.status = response.status;
  return response;
}

const server = createAdaptorServer({
  fetch: answer,
  createServer: https.createServer,
  serverOptions: { key: readFileSync(tls), cert: readFileSync(tls) },
});
await new Promise((resolve) => server.listen(Number(new URL(origin).port), "127.0.0.1", resolve));

const wishes = wishesOf({ context: () => federation.createContext(new URL(origin), undefined), state });
const control = http.createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const wish = new URL(request.url, "http://control").pathname.slice(1);
  try {
    const result = wish in state
      ? state[wish]
      : await wishes[wish](JSON.parse(Buffer.concat(pieces).toString() || "{}"));
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(result));
  } catch (error) {
    console.error(wish, error);
    response.writeHead(500).end(String(error?.stack ?? error));
  }
});
control.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ ready: true, control: `http://127.0.0.1:${control.address().port}` }));
});
