// argv: port, protocol (2 or 3), name. Works until a line comes in; see ClientsThroughChangesIT.
const { createCluster } = require('redis');
const { run } = require('./workload.js');
const [port, protocol, name] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const cluster = createCluster({
  rootNodes: [{ url: 'redis://127.0.0.1:' + port }],
  useReplicas: true,
  RESP: protocol,
});
cluster.on('error', () => {});
cluster.on('node-error', () => {});
process.on('unhandledRejection', () => {});
cluster.connect().then(() =>
  run(name, {
    set: (key, value) => cluster.set(key, value),
    get: (key) => cluster.get(key),
    masters: () => cluster.masters.map((node) => node.host + ':' + node.port),
    close: () => cluster.destroy(),
  }),
  (error) => { console.log('failed ' + error); process.exit(1); });
