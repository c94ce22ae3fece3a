// Writes and reads keys of its own; prints "tick writes reads errors" often; after a line on stdin checks what it wrote and
// prints "masters ..." and "ok", or "wrong ...".
const KEYS = 100;

const within = exports.within = (promise, ms) => {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no answer in ' + ms + ' ms')), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

exports.run = async function run(name, client) {
  const acked = new Array(KEYS).fill(-1);
  const sent = new Array(KEYS).fill(-1);
  let writes = 0, reads = 0, errors = 0, ending = false, wrong = '', lastError = '';
  process.stdin.once('data', () => { ending = true; });
  process.stdin.once('end', () => { ending = true; });
  const check = (key, text) => {
    if (text === null) { if (acked[key] >= 0) return false; return true; }
    const value = Number(text);
    if (!(value >= 0 && value <= sent[key])) { wrong = name + key + ' is ' + text + ', sent up to ' + sent[key]; }
    return value >= acked[key];
  };
  const tick = () => console.log('tick ' + writes + ' ' + reads + ' ' + errors);
  const timer = setInterval(tick, 100);
  for (let i = 0; !ending && !wrong; i++) {
    const key = i % KEYS;
    try {
      sent[key] = i;
      await within(client.set(name + key, String(i)), 5000);
      acked[key] = i;
      writes++;
    } catch (error) { errors++; lastError = String(error); }
    try {
      // A replica may be behind, and a new one empty.
      check(key, await within(client.get(name + key), 5000));
      reads++;
    } catch (error) { errors++; lastError = String(error); }
    await new Promise((done) => setTimeout(done, 2));
  }
  clearInterval(timer);
  tick();
  const deadline = Date.now() + 20000;
  for (let key = 0; key < KEYS && !wrong; key++) {
    for (;;) {
      try {
        if (check(key, await within(client.get(name + key), 5000))) break;
      } catch (error) { lastError = String(error); }
      if (Date.now() > deadline) { wrong = name + key + ' lost: acknowledged ' + acked[key] + ', ' + lastError; break; }
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  console.log('masters ' + client.masters().join(','));
  console.log(wrong ? 'wrong ' + wrong : 'ok ' + lastError);
  process.exit(wrong ? 1 : 0);
};
