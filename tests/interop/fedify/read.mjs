// Documents of the other server as Fedify's types read them, in plain JSON for the test.
import { Article, Collection, Document, Image, Link, Note, PUBLIC_COLLECTION } from "@fedify/vocab";

const text = (value) => value?.toString() ?? null;
const address = (value) => (value instanceof Link ? value.href : value)?.href ?? null;

async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

function attachmentAsRead(attachment) {
  const kind = attachment.constructor.name;
  if (attachment instanceof Link) return { kind, url: address(attachment), mediaType: attachment.mediaType };
  if (!(attachment instanceof Document) && !(attachment instanceof Image)) return { kind };
  const { mediaType, width, height } = attachment;
  return { kind, url: address(attachment.url), mediaType, alt: text(attachment.name), width, height };
}

/** A post. */
export async function postAsRead(object, loaders) {
  if (!(object instanceof Note) && !(object instanceof Article)) return { kind: object?.constructor?.name ?? null };
  const tags = await all(object.getTags(loaders));
  return {
    kind: object.constructor.name,
    id: address(object.id),
    by: address(object.attributionId),
    title: text(object.name),
    summary: text(object.summary),
    sensitive: object.sensitive,
    content: text(object.content),
    url: address(object.url),
    answers: address(object.replyTargetId),
    public: object.toIds.some((id) => id.href === PUBLIC_COLLECTION.href),
    published: text(object.published),
    updated: text(object.updated),
    attachments: (await all(object.getAttachments(loaders))).map(attachmentAsRead),
    tags: tags.map((tag) => ({ kind: tag.constructor.name, name: text(tag.name), url: address(tag.href) })),
  };
}

/** How many a collection says it has, and the ids of those it shows, page after page. */
export async function collectionAsRead(collection, loaders) {
  if (!(collection instanceof Collection)) return { kind: collection?.constructor?.name ?? null };
  const items = collection.itemIds.map(address);
  let page = await collection.getFirst(loaders);
  while (page) {
    items.push(...page.itemIds.map(address));
    page = await page.getNext(loaders);
  }
  return { total: collection.totalItems, items };
}
