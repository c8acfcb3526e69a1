// Names that end in .test lead to this machine. Imported before anything that connects.
import dns from "node:dns";

const lookup = dns.lookup;

dns.lookup = (hostname, options, callback) => {
  const done = callback ?? options;
  if (!hostname.endsWith(".test")) return lookup(hostname, options, callback);
  const place = { address: "127.0.0.1", family: 4 };
  if (typeof options === "object" && options.all) return process.nextTick(done, null, [place]);
  return process.nextTick(done, null, place.address, place.family);
};
