// A provider that knows the schema of hashicorp/google and nothing else: enough for
// `terraform validate`, and for `terraform test` with a mocked provider.
// Prints what TF_REATTACH_PROVIDERS must be, then serves until it is ended.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { readSchema } from "./schema.js";

const here = dirname(fileURLToPath(import.meta.url));
const lib = join(dirname(createRequire(import.meta.url).resolve("@cdktf/provider-google/package.json")), "lib");

/** Only the types that the configuration names: the provider has over a thousand. */
function typesIn(directory, keyword) {
  const heading = new RegExp(`^\\s*${keyword}\\s+"google_(\\w+)"`, "gm");
  const files = readdirSync(directory).filter((name) => name.endsWith(".tf"));
  const text = files.map((name) => readFileSync(join(directory, name), "utf8")).join("\n");
  return [...new Set([...text.matchAll(heading)].map((match) => match[1]))];
}

function schemas(types, prefix) {
  const known = {};
  for (const type of types) {
    const dashed = type.replaceAll("_", "-");
    const module = prefix ? `data-google-${dashed}` : dashed;
    try {
      known[`google_${type}`] = readSchema(lib, module, pascal(module));
    } catch (e) {
      // A type that is unknown here is for Terraform to complain about.
      if (e.code !== "ENOENT") throw e;
    }
  }
  return known;
}

function pascal(dashed) {
  return dashed.replace(/(^|-)(\w)/g, (_, dash, letter) => letter.toUpperCase());
}

const directory = process.argv[2] ?? join(here, "..");
const answer = {
  provider: readSchema(lib, "provider", "GoogleProvider"),
  resource_schemas: schemas(typesIn(directory, "resource"), false),
  data_source_schemas: schemas(typesIn(directory, "data"), true),
};

const definition = loader.loadSync(join(here, "provider.proto"), { keepCase: true });
const { Provider } = grpc.loadPackageDefinition(definition).tfplugin5;
const server = new grpc.Server({ "grpc.max_send_message_length": -1 });
const valid = (call, done) => done(null, { diagnostics: [] });
server.addService(Provider.service, {
  GetSchema: (call, done) => done(null, answer),
  PrepareProviderConfig: (call, done) => done(null, { prepared_config: call.request.config }),
  ValidateResourceTypeConfig: valid,
  ValidateDataSourceConfig: valid,
  Stop: (call, done) => done(null, {}),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  const plugin = {
    Protocol: "grpc",
    ProtocolVersion: 5,
    Pid: process.pid,
    Test: true,
    Addr: { Network: "tcp", String: `127.0.0.1:${port}` },
  };
  console.log(JSON.stringify({ "registry.terraform.io/hashicorp/google": plugin }));
});
