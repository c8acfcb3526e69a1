// What people can be asked to do. Each wish gives the id of what was made; it fails when the other server refused it.
// It is always Anna who speaks; Bert hands on what she said.
import { randomUUID } from "node:crypto";

import { parseNodeInfo, signObject } from "@fedify/fedify";
import {
  Announce,
  Create,
  Delete,
  EmojiReact,
  Follow,
  isActor,
  Like,
  Mention,
  Note,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

import { collectionAsRead } from "./read.mjs";

const name = "anna";

/** What each NodeInfo document says: fetched by us, as Fedify's client never asks a private address. */
async function softwareOf(url) {
  const list = await (await fetch(new URL("/.well-known/nodeinfo", url))).json();
  const links = list.links.filter((link) => link.rel.startsWith("http://nodeinfo.diaspora.software/ns/schema/"));
  const read = async (link) => parseNodeInfo(await (await fetch(link.href)).json())?.software.name ?? null;
  return Promise.all(links.map(read));
}

export function wishesOf({ context, state }) {
  /** What was done, for Undo; by id. */
  const done = new Map();
  const me = () => context().getActorUri(name);
  const fresh = (kind) => new URL(`/${kind}/${randomUUID()}`, me());

  async function send(activity, recipient, preferSharedInbox) {
    await context().sendActivity({ identifier: name }, recipient, activity, { preferSharedInbox });
    done.set(activity.id.href, { activity, recipient });
    return { id: activity.id.href, recipient: recipient.id.href };
  }

  /** A post of the other server and its author, both fetched and both signed for. */
  async function post(url) {
    const loader = await context().getDocumentLoader({ identifier: name });
    const found = await context().lookupObject(url, { documentLoader: loader });
    const author = await found?.getAttribution({ documentLoader: loader });
    if (!found || !isActor(author)) throw new Error(`${url} cannot be read: ${found}, by ${author}`);
    return { found, author };
  }

  async function about(kind, url, values = {}) {
    const { found, author } = await post(url);
    const to = { to: PUBLIC_COLLECTION, cc: author.id };
    return send(new kind({ id: fresh("activities"), actor: me(), object: found.id, ...to, ...values }), author, true);
  }

  function note({ id, target, author, text, published, updated }) {
    return new Note({
      id,
      attribution: me(),
      to: PUBLIC_COLLECTION,
      cc: author.id,
      replyTarget: target,
      content: `<p>${text}</p>`,
      mediaType: "text/html",
      url: id,
      published,
      updated,
      tags: [new Mention({ href: author.id, name: "@links" })],
    });
  }

  async function answerTo(object, text) {
    const { found, author } = await post(object);
    const values = { id: fresh("notes"), target: found.id, author, text, published: Temporal.Now.instant() };
    const reply = note(values);
    keep(reply);
    done.set(reply.id.href, values);
    const to = { to: PUBLIC_COLLECTION, cc: author.id };
    return { create: new Create({ id: fresh("activities"), actor: me(), object: reply, ...to }), author };
  }

  const tokenOf = (id) => id.pathname.split("/").at(-1);
  const keep = (post) => state.notes.set(tokenOf(post.id), post);

  return {
    async follow({ handle }) {
      const actor = await context().lookupObject(handle);
      if (!isActor(actor)) throw new Error(`no actor behind ${handle}: ${actor}`);
      const follow = new Follow({ id: fresh("activities"), actor: me(), object: actor.id, to: actor.id });
      return { ...(await send(follow, actor, false)), name: actor.name?.toString(), url: actor.url?.href };
    },

    async lookup({ url }) {
      const { found, author } = await post(url);
      return { id: found.id.href, kind: found.constructor.name, author: author.id.href };
    },

    /** What the actor shows of itself: its collections, and what NodeInfo says of its server. */
    async visit({ actor: id }) {
      const documentLoader = await context().getDocumentLoader({ identifier: name });
      const loaders = { documentLoader, contextLoader: context().contextLoader };
      const actor = await context().lookupObject(id, loaders);
      const seen = { software: await softwareOf(id) };
      for (const part of ["Outbox", "Featured", "Followers", "Following"]) {
        seen[part.toLowerCase()] = await collectionAsRead(await actor[`get${part}`](loaders), loaders);
      }
      return seen;
    },

    /** The conversation below a post, as its collections have it. */
    async conversation({ object }) {
      const documentLoader = await context().getDocumentLoader({ identifier: name });
      const loaders = { documentLoader, contextLoader: context().contextLoader };
      const found = await context().lookupObject(object, loaders);
      const seen = {};
      for (const part of ["Replies", "Likes", "Shares"]) {
        seen[part.toLowerCase()] = await collectionAsRead(await found[`get${part}`](loaders), loaders);
      }
      return seen;
    },

    async reply({ object, text }) {
      const { create, author } = await answerTo(object, text);
      return { ...(await send(create, author, true)), note: create.objectId.href };
    },

    /** Anna's answer with her integrity proof, brought by Bert: his are the keys of the HTTP signature. */
    async handOn({ object, text }) {
      const { create, author } = await answerTo(object, text);
      const { contextLoader } = context();
      const [, hers] = await context().getActorKeyPairs(name);
      const [his] = await context().getActorKeyPairs("bert");
      const proven = await signObject(create, hers.privateKey, hers.multikey.id, { contextLoader });
      const options = { preferSharedInbox: true, normalizeExistingProofs: true };
      await context().sendActivity({ keyId: his.keyId, privateKey: his.privateKey }, author, proven, options);
      return { id: create.id.href, note: create.objectId.href };
    },

    async edit({ note: id, text }) {
      const values = { ...done.get(id), text, updated: Temporal.Now.instant() };
      const edited = note(values);
      keep(edited);
      const to = { to: PUBLIC_COLLECTION, cc: values.author.id };
      return send(new Update({ id: fresh("activities"), actor: me(), object: edited, ...to }), values.author, false);
    },

    async remove({ note: id }) {
      const { author } = done.get(id);
      const grave = new Tombstone({ id: new URL(id) });
      state.notes.delete(tokenOf(grave.id));
      const to = { to: PUBLIC_COLLECTION };
      return send(new Delete({ id: fresh("activities"), actor: me(), object: grave, ...to }), author, true);
    },

    like: ({ object }) => about(Like, object),
    react: ({ object, emoji }) => about(EmojiReact, object, { content: emoji }),
    boost: ({ object }) => about(Announce, object, { published: Temporal.Now.instant() }),

    async undo({ id }) {
      const { activity, recipient } = done.get(id);
      return send(new Undo({ id: fresh("activities"), actor: me(), object: activity }), recipient, true);
    },
  };
}
