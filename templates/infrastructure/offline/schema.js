// Reads the provider's schema back out of the classes that @cdktf/provider-google generated from it.
// It has no other form that npm carries.
import { readFileSync } from "node:fs";

const NESTING = { list: "LIST", set: "SET", struct: "SINGLE" };
const SIMPLE = { string: "string", number: "number", boolean: "bool" };

/** @param {string} module a directory of the package's lib/, such as pubsub-topic */
export function readSchema(lib, module, rootClass) {
  const source = new Source(typescript(`${lib}/${module}/index.js`));
  const block = source.block(rootClass);
  return { version: 0, block: { version: 0, ...block } };
}

/** The classes' own text, which their source maps hold: it names every attribute and its flags. */
function typescript(path) {
  const map = readFileSync(path, "utf8").split("sourceMappingURL=data:application/json;base64,").pop();
  return JSON.parse(Buffer.from(map.trim(), "base64").toString("utf8")).sourcesContent[0];
}

class Source {
  constructor(text) {
    this.classes = sections(text, /^export class (\w+) extends .*$/gm);
    this.writers = sections(text, /^export function (\w+)ToHclTerraform\(/gm);
  }

  block(className) {
    const flags = this.flags(className);
    const set = new Map(settable(this.classes.get(className) ?? ""));
    return this.assemble(className, flags, set);
  }

  /** A block within another: its writer says what may be set, its reference class what is required. */
  nested(name) {
    const set = new Map(settable(this.writers.get(lowerFirst(name)) ?? ""));
    const reference = `${name}OutputReference`;
    // The provider's own blocks have none.
    const flags = this.classes.has(reference) ? this.flags(reference) : optional(set.keys());
    return this.assemble(reference, flags, set);
  }

  assemble(className, flags, set) {
    const attributes = [];
    const block_types = [];
    for (const [name, flag] of flags) {
      const setting = set.get(name);
      if (setting?.isBlock) {
        const single = !setting.value.includes("listMapper");
        block_types.push({
          type_name: name,
          block: this.nested(setting.type === "struct" ? setting.stored : setting.stored.replace(/List$/, "")),
          nesting: NESTING[setting.type],
          min_items: flag.required && setting.type !== "struct" ? 1 : 0,
          max_items: single && setting.type !== "struct" ? 1 : 0,
        });
      } else {
        const type = setting ? this.settingType(setting) : this.readType(flag.body);
        attributes.push({ name, type: Buffer.from(JSON.stringify(type)), ...flag.is });
      }
    }
    for (const name of set.keys()) {
      if (!flags.has(name)) throw new Error(`${className}: nothing is said about ${name}`);
    }
    return { attributes, block_types };
  }

  settingType({ type, stored }) {
    if (type === "simple") return SIMPLE[stored] ?? fail(`type ${stored}`);
    const element = stored.match(/^(string|number|boolean)(List|Map)$/);
    if (element) return [type, SIMPLE[element[1]]];
    return [type, this.objectType(stored.replace(/List$/, ""))];
  }

  readType(body) {
    const simple = body.match(/get(String|Number|Boolean)Attribute\(/);
    if (simple) return SIMPLE[simple[1].toLowerCase()];
    if (/cdktf\.Token\.asNumberList|NumberList/.test(body)) return ["list", "number"];
    if (/cdktf\.Fn\.tolist\(/.test(body)) return ["set", "string"];
    if (/getListAttribute\(/.test(body)) return ["list", "string"];
    if (/getNumberMapAttribute|NumberMap\(/.test(body)) return ["map", "number"];
    if (/BooleanMap\(/.test(body)) return ["map", "bool"];
    if (/StringMap\(/.test(body)) return ["map", "string"];
    if (/StringMapList\(/.test(body)) return ["list", ["map", "string"]];
    if (/getAnyMapAttribute|interpolationForAttribute/.test(body)) return ["map", "string"];
    const objects = body.match(/new (\w+)List\(this, "\w+", (true|false)\)/);
    if (objects) return [objects[2] === "true" ? "set" : "list", this.objectType(objects[1])];
    const object = body.match(/new (\w+)OutputReference\(this, "\w+"/);
    if (object) return ["list", this.objectType(object[1])];
    return fail(`attribute of an unknown type: ${body.slice(0, 200)}`);
  }

  objectType(name) {
    const { attributes, block_types } = this.nested(name);
    const fields = attributes.map((a) => [a.name, JSON.parse(a.type.toString())]);
    const lists = block_types.map((b) => [b.type_name, [b.nesting === "SET" ? "set" : "list", objectOf(b.block)]]);
    return ["object", Object.fromEntries([...fields, ...lists])];
  }

  flags(className) {
    const body = this.classes.get(className) ?? fail(`no class ${className}`);
    const comment = /^ *\/\/ (\w+) - computed: (true|false), optional: (true|false), required: (true|false)$/gm;
    const found = [...body.matchAll(comment)];
    return new Map(
      found.map(([, name, computed, optional, required], i) => [
        name,
        {
          is: { computed: computed === "true", optional: optional === "true", required: required === "true" },
          required: required === "true",
          body: body.slice(found[i].index, found[i + 1]?.index),
        },
      ]),
    );
  }
}

function sections(text, heading) {
  const found = [...text.matchAll(heading)];
  return new Map(found.map((match, i) => [match[1], text.slice(match.index, nextTop(text, match.index))]));
}

/** Classes and functions end where a line begins with a closing brace. */
function nextTop(text, from) {
  const end = text.indexOf("\n}", from);
  return end < 0 ? text.length : end;
}

function settable(body) {
  const entry =
    /^ +(\w+): \{\n +value: (.*),\n +isBlock: (true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)",/gm;
  return [...body.matchAll(entry)].map(([, name, value, isBlock, type, stored]) => [
    name,
    { value, isBlock: isBlock === "true", type, stored },
  ]);
}

function objectOf(block) {
  return ["object", Object.fromEntries(block.attributes.map((a) => [a.name, JSON.parse(a.type.toString())]))];
}

function optional(names) {
  const flag = { is: { computed: false, optional: true, required: false }, required: false, body: "" };
  return new Map([...names].map((name) => [name, flag]));
}

function lowerFirst(name) {
  return name[0].toLowerCase() + name.slice(1);
}

function fail(message) {
  throw new Error(message);
}
