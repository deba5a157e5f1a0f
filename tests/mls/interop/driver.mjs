// One ts-mls client, driven by test_ts_mls.py: a JSON request per line on stdin, a JSON answer per line on stdout.
// Bytes are hex. Suite 1 only.
import { createInterface } from "node:readline"
import * as mls from "ts-mls"

const inside = (file) => import(new URL(file, import.meta.resolve("ts-mls")))
const { encodeRatchetTree, decodeRatchetTree } = await inside("./ratchetTree.js")

const suite = await mls.getCiphersuiteImpl(mls.getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"))
const hex = (bytes) => Buffer.from(bytes).toString("hex")
const bytes = (text) => new Uint8Array(Buffer.from(text, "hex"))
const decode = (text) => {
  const [message, end] = mls.decodeMlsMessage(bytes(text), 0)
  if (end !== text.length / 2) throw new Error("trailing bytes")
  return message
}
const encodeMessage = (fields) => hex(mls.encodeMlsMessage({ version: "mls10", ...fields }))
const encodeTree = (tree) => hex(encodeRatchetTree(tree))

let own
let state

const capabilities = (extensions) => ({
  versions: ["mls10"],
  ciphersuites: ["MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"],
  extensions,
  proposals: [],
  credentials: ["basic"],
})

const actions = {
  async keyPackage({ name, extensions }) {
    const credential = { credentialType: "basic", identity: new TextEncoder().encode(name) }
    own = await mls.generateKeyPackage(credential, capabilities(extensions), mls.defaultLifetime, [], suite)
    return { keyPackage: encodeMessage({ wireformat: "mls_key_package", keyPackage: own.publicPackage }) }
  },
  async create({ groupId }) {
    state = await mls.createGroup(bytes(groupId), own.publicPackage, own.privatePackage, [], suite)
    return {}
  },
  async join({ welcome, tree }) {
    const ratchetTree = decodeRatchetTree(bytes(tree), 0)[0]
    const message = decode(welcome)
    state = await mls.joinGroup(
      message.welcome, own.publicPackage, own.privatePackage, mls.emptyPskIndex, suite, ratchetTree)
    return {}
  },
  async process({ message }) {
    const done = await mls.processMessage(decode(message), state, mls.emptyPskIndex, mls.acceptAll, suite)
    state = done.newState
    return done.kind === "applicationMessage" ? { plaintext: hex(done.message) } : {}
  },
  async encrypt({ plaintext }) {
    const done = await mls.createApplicationMessage(state, bytes(plaintext), suite)
    state = done.newState
    return { message: encodeMessage({ wireformat: "mls_private_message", privateMessage: done.privateMessage }) }
  },
  async commit({ add, remove }) {
    const adds = add.map((text) => ({ proposalType: "add", add: { keyPackage: decode(text).keyPackage } }))
    const removes = remove.map((removed) => ({ proposalType: "remove", remove: { removed } }))
    const done = await mls.createCommit({ state, cipherSuite: suite }, { extraProposals: [...adds, ...removes] })
    state = done.newState
    const welcome = done.welcome && encodeMessage({ wireformat: "mls_welcome", welcome: done.welcome })
    return { commit: hex(mls.encodeMlsMessage(done.commit)), welcome, tree: encodeTree(state.ratchetTree) }
  },
  async state() {
    const { keySchedule, groupContext } = state
    const exported = await mls.mlsExporter(keySchedule.exporterSecret, "label", bytes("01"), 32, suite)
    return {
      epoch: Number(groupContext.epoch),
      authenticator: hex(keySchedule.epochAuthenticator),
      exported: hex(exported),
    }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...request } = JSON.parse(line)
  let answer
  try {
    answer = await actions[action](request)
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
