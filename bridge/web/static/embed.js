// Rundbrief: the conversation about an issue, inside any page. No cookies, no third party; MIT licence.
// <script src="https://links.example/embed.js" data-issue="24" async></script>      docs/how-to/embed.md tells more
"use strict";
(() => {
  const WORDS = {
    en: {
      one: "One comment", many: "# comments", none: "No comments yet", like: "One like", likes: "# likes",
      boost: "One boost", boosts: "# boosts", join: "Reply from your server",
      how: "with Mastodon or any other account in the fediverse", reply: "Reply", original: "Original", to: "in reply to",
      deleted: "This comment was deleted.", closed: "Comments are closed.", edited: "edited",
      quote: "Quote", mention: "Mention", author: "Author", loading: "Loading the comments …",
      failed: "The comments cannot be shown for now.", there: "Read them on the issue’s page",
    },
    de: {
      one: "Ein Gedanke", many: "# Gedanken", none: "Noch keine Gedanken", like: "Ein Like", likes: "# Likes",
      boost: "Einmal geteilt", boosts: "#-mal geteilt", join: "Vom eigenen Server antworten",
      how: "mit Mastodon oder jedem anderen Konto im Fediverse", reply: "Antworten", original: "Original", to: "als Antwort auf",
      deleted: "Dieser Kommentar wurde gelöscht.",
      closed: "Kommentare sind geschlossen.", edited: "bearbeitet", quote: "Zitat", mention: "Erwähnung", author: "Autor*in",
      loading: "Die Kommentare werden geladen …", failed: "Die Kommentare können gerade nicht gezeigt werden.",
      there: "Auf der Seite der Ausgabe lesen",
    },
  };
  // Colours and fonts are the page's own unless it says otherwise, so both themes of any page work.
  const STYLE = `
:host { display: block; color: var(--rundbrief-text, inherit); font-family: var(--rundbrief-font, inherit);
  --line: var(--rundbrief-line, color-mix(in srgb, currentcolor 22%, transparent));
  --soft: var(--rundbrief-soft, color-mix(in srgb, currentcolor 74%, transparent));
  --quiet: var(--rundbrief-quiet, color-mix(in srgb, currentcolor 7%, transparent)); overflow-wrap: anywhere; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
a { color: var(--rundbrief-accent, inherit); text-underline-offset: .18em; }
:focus-visible { outline: 2px solid var(--rundbrief-accent, currentcolor); outline-offset: 2px; }
.soft, .soft a, header, footer { color: var(--soft); font-size: .86em; }
ol { list-style: none; margin: 0; padding: 0; }
ol ol { margin-inline-start: .6em; padding-inline-start: clamp(.6em, 3vw, 1.4em); border-inline-start: 1px solid var(--line); }
ol ol ol ol ol { margin: 0; padding: 0; border: 0; }
article { padding: 1em 0 .8em; }
.top > li { border-top: 1px solid var(--line); }
header { display: grid; grid-template-columns: 2.6em 1fr; column-gap: .7em; line-height: 1.4; }
.face { grid-row: span 2; width: 2.6em; height: 2.6em; border-radius: var(--rundbrief-radius, 50%); object-fit: cover;
  display: grid; place-items: center; background: var(--quiet); color: inherit; font-weight: 600; }
.name { color: var(--rundbrief-text, inherit); font-weight: 600; text-decoration: none; font-size: 1.12em; }
header a:not(.name), footer a { color: inherit; text-decoration: none; }
a:hover { text-decoration: underline; }
.said { margin: .5em 0; line-height: 1.55; }
.said > :first-child, .said p:first-child { margin-top: 0; }
.said > :last-child { margin-bottom: 0; }
.said ol, .said ul { list-style: revert; margin: 0 0 .7em; padding-inline-start: 1.5em; border: 0; }
.said blockquote { margin: 0 0 .7em; padding-inline-start: 1em; border-inline-start: 3px solid var(--line); color: var(--soft); }
.said pre { overflow-x: auto; padding: .8em; background: var(--quiet); }
.said img { max-width: 100%; height: auto; max-height: 22em; }
.said figure { margin: .3em 0; }
.answers { margin: .4em 0 0; }
footer { display: flex; flex-wrap: wrap; gap: 0 1.1em; }
footer a { padding: .3em 0; }
.badge { border: 1px solid; border-radius: 1em; padding: 0 .5em; font-size: .86em; }
.join { display: flex; flex-wrap: wrap; gap: .4em .9em; align-items: baseline; }
.button { border: 1px solid; border-radius: 2em; padding: .4em 1em; text-decoration: none; font-weight: 600; }
`;
  const TEXTS = new Set(("p br a strong b em i del s u code pre blockquote ul ol li q cite sub sup span small abbr " +
    "h1 h2 h3 h4 h5 h6 hr details summary figure figcaption img ruby rt rp").toUpperCase().split(" "));
  const DEEPEST = 6;
  const SAME_INDENT = 4; // from here answers stand below each other and name whom they answer

  const script = document.currentScript;
  if (!script || !script.dataset.issue) return;
  const origin = new URL(script.src).origin;
  const slug = encodeURIComponent(script.dataset.issue);
  const page = `${origin}/issues/${slug}`;
  const language = (script.dataset.lang || (script.closest("[lang]") || {}).lang || navigator.language || "en");
  const spoken = language.split("-")[0].toLowerCase() in WORDS ? language.split("-")[0].toLowerCase() : "en";
  const words = WORDS[spoken];
  const count = (one, many, number) => (number === 1 ? one : many.replace("#", number.toLocaleString(spoken)));

  /** An element with attributes and children; null and "" are left out. */
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value) made.setAttribute(name, value);
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  };

  /** The address if a link or a picture may have it. */
  const web = (address) => {
    try {
      const url = new URL(address, `${origin}/`);
      return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
    } catch { return ""; }
  };
  const link = (address, attributes, ...children) =>
    make(web(address) ? "a" : "span", { href: web(address), rel: "nofollow ugc noopener noreferrer", ...attributes }, ...children);

  /** A copy of sanitised text that holds only what is named here, built element by element: nothing in it ever runs. */
  const copy = (from, to) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (["SCRIPT", "STYLE", "TEMPLATE"].includes(node.tagName)) continue;
      if (!TEXTS.has(node.tagName)) { copy(node, to); continue; }
      const made = node.tagName === "A" ? link(node.getAttribute("href")) : make(node.tagName);
      for (const name of ["lang", "dir"]) if (node.hasAttribute(name)) made.setAttribute(name, node.getAttribute(name));
      if (node.tagName === "IMG") {
        const source = web(node.getAttribute("src"));
        if (!source.startsWith(`${origin}/media/`)) continue;
        for (const name of ["width", "height"]) if (node.hasAttribute(name)) made.setAttribute(name, node.getAttribute(name));
        made.alt = node.alt; made.loading = "lazy"; made.src = source;
      }
      copy(node, made);
      to.append(made);
    }
  };

  const moment = (iso) => make("time", { datetime: iso },
    new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(iso)));

  const badge = (word) => make("span", { class: "badge" }, word);

  /** One thing said; `answered` is whom to name above it, or null. */
  const entry = (said, closed, answered) => {
    const here = `${page}#c-${encodeURIComponent(said.id)}`;
    if (said.deleted) return make("article", { part: "comment" }, make("p", { class: "soft" }, make("em", {}, words.deleted)));
    const author = said.author || { name: "", handle: "", url: "" };
    const isLink = said.kind === "pingback" || (said.kind === "webmention" && !said.content_html);
    if (isLink) {
      return make("article", { part: "comment" }, said.kind === "pingback" ? "Pingback: " : "Webmention: ",
        link(said.url, {}, make("bdi", {}, author.name || said.url)), " ", make("a", { class: "soft", href: here }, moment(said.published)));
    }
    const avatar = author.avatar && web(author.avatar);
    const face = avatar && avatar.startsWith(`${origin}/media/`)
      ? make("img", { class: "face", src: avatar, width: "40", height: "40", loading: "lazy" })
      : make("span", { class: "face", "aria-hidden": "true" }, [...(author.name || "·")][0].toUpperCase());
    if (face.tagName === "IMG") face.alt = "";
    const text = make("div", { class: "said", part: "text", dir: "auto" });
    copy(new DOMParser().parseFromString(said.content_html, "text/html").body, text);
    const name = make("bdi", { id: `by-${said.id}` }, author.name || author.handle);
    return make("article", { part: "comment", "aria-labelledby": `by-${said.id}` },
      make("header", {}, face,
        make("span", {}, link(author.url, { class: "name", part: "name" }, name), " ", said.by_author ? badge(words.author) : "", " ",
          make("bdi", { dir: "ltr" }, author.handle === author.name ? "" : author.handle || "")),
        make("span", {}, make("a", { href: here }, moment(said.published)), said.updated ? ` (${words.edited}) ` : " ", ["quote", "mention"].includes(said.kind) ? badge(words[said.kind]) : "")),
      answered ? make("p", { class: "soft answers" }, `↳ ${words.to} `, make("bdi", {}, answered.name || answered.handle)) : "",
      text,
      make("footer", {}, link(said.url, {}, words.original),
        closed || said.kind === "webmention" ? "" : link(`${origin}/interact?uri=${encodeURIComponent(said.url)}`, {}, words.reply)));
  };

  const show = (root, talk) => {
    const level = /^[2-6]$/.test(script.dataset.heading || "") ? script.dataset.heading : "2";
    const title = count(words.one, words.many, talk.count);
    const tally = [talk.likes && count(words.like, words.likes, talk.likes), talk.boosts && count(words.boost, words.boosts, talk.boosts)];
    const top = make("ol", { class: "top", part: "list" });
    const places = new Map(); // each entry stands before its answers
    for (const said of talk.comments) {
      const parent = places.get(said.parent);
      const depth = parent ? Math.min(parent.depth + 1, DEEPEST) : 0;
      const item = make("li", {}, entry(said, talk.closed, depth < SAME_INDENT ? null : parent.author));
      let list = top;
      if (parent && parent.depth === DEEPEST) list = parent.item.parentElement;
      else if (parent) {
        if (!parent.answers) parent.item.append(parent.answers = make("ol"));
        list = parent.answers;
      }
      list.append(item);
      places.set(said.id, { item, answers: null, depth, author: said.author });
    }
    root.replaceChildren(make("section", { "aria-labelledby": "title", part: "conversation" },
      make(`h${level}`, { id: "title", part: "title" }, talk.count ? title : words.none),
      tally.some(Boolean) ? make("p", { class: "soft" }, tally.filter(Boolean).join(" · ")) : "",
      talk.closed ? "" : make("p", { class: "join" },
        make("a", { class: "button", part: "button", href: `${origin}/interact?uri=${encodeURIComponent(talk.issue)}` }, words.join),
        make("span", { class: "soft" }, words.how)),
      top, talk.closed ? make("p", { class: "soft" }, words.closed) : ""));
  };

  const host = make("div", { class: "rundbrief-comments", lang: spoken });
  const target = script.dataset.target && document.querySelector(script.dataset.target);
  if (target) target.append(host); else script.after(host);
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const root = make("div");
  shadow.append(root);
  root.append(make("p", { class: "soft", role: "status" }, words.loading));
  fetch(`${page}/comments.json`, { credentials: "omit", referrerPolicy: "no-referrer" })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))))
    .then((talk) => {
      show(root, talk);
      host.dispatchEvent(new CustomEvent("rundbrief:shown", { bubbles: true, detail: { issue: talk.issue, count: talk.count } }));
    })
    .catch((fault) => {
      console.warn(`Rundbrief: ${page}/comments.json:`, fault);
      root.replaceChildren(make("p", { class: "soft", role: "status" }, words.failed, " ", make("a", { href: `${page}#comments` }, words.there)));
    });
})();
