// argv: port, protocol (2 or 3), name. Works until a line comes in; see ClientsThroughChangesIT.
//
// node-redis reads the topology anew only when it is told MOVED, and keeps what it should send to a dead node until that
// node is back. So this does what its users have to do with any cluster: commands fail while their node is away
// (disableOfflineQueue), and whoever sees that connects anew, at most once a second.
const { createCluster } = require('redis');
const { run, within } = require('./workload.js');
const [port, protocol, name] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const CONNECT_MILLIS = 3000;
const RENEW_MILLIS = 1000;
let ports = [port];
let cluster;
let renewal = null;
let renewed = 0;

async function connect() {
  const next = createCluster({
    rootNodes: ports.map((each) => ({ url: 'redis://127.0.0.1:' + each })),
    useReplicas: true,
    RESP: protocol,
    defaults: { disableOfflineQueue: true },
  });
  next.on('error', () => {});
  next.on('node-error', () => {});
  try {
    await within(next.connect(), CONNECT_MILLIS);
  } catch (error) {
    try { next.destroy(); } catch (closed) { /* it never opened */ }
    throw error;
  }
  cluster = next;
  const known = cluster.masters.concat(cluster.replicas).map((node) => node.port);
  ports = [...new Set(known.concat(ports))];
}

async function call(work) {
  try {
    return await work(cluster);
  } catch (error) {
    if (renewal === null && Date.now() - renewed > RENEW_MILLIS && !/^(CLUSTERDOWN|TRYAGAIN)/.test(error.message)) {
      const old = cluster;
      renewal = connect()
        .then(() => old.destroy(), () => {})
        .catch(() => {})
        .finally(() => { renewal = null; renewed = Date.now(); });
    }
    throw error;
  }
}

process.on('unhandledRejection', () => {});
connect().then(() =>
  run(name, {
    set: (key, value) => call((to) => to.set(key, value)),
    get: (key) => call((to) => to.get(key)),
    masters: () => cluster.masters.map((node) => node.host + ':' + node.port),
  }),
  (error) => { console.log('failed ' + error); process.exit(1); });
