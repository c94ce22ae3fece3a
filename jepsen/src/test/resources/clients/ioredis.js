// argv: port, protocol (2), name. Works until a line comes in; see ClientsThroughChangesIT.
const Redis = require('ioredis');
const { run } = require('./workload.js');
const [port, , name] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const cluster = new Redis.Cluster([{ host: '127.0.0.1', port }], {
  scaleReads: 'slave',
  slotsRefreshTimeout: 5000,
  slotsRefreshInterval: 3000,
});
cluster.on('error', () => {});
run(name, {
  set: (key, value) => cluster.set(key, value),
  get: (key) => cluster.get(key),
  masters: () => cluster.nodes('master').map((node) => node.options.host + ':' + node.options.port),
  close: () => cluster.disconnect(),
});
