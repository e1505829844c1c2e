// A process of its own: sends reviews of 3 MiB on many connections. `node webhook-large.mjs PORT CONNECTIONS SECONDS`
import { openConnection, Review } from './webhook-load.mjs';
import { largeReview } from './webhook-review.mjs';

const [port, connections, seconds] = process.argv.slice(2).map(Number);
const until = performance.now() + seconds * 1000;
const { body } = new Review(largeReview(3 * 1024 * 1024));
const counts = { judged: 0, shed: 0, cut: 0 };

const caller = async () => {
  while (performance.now() < until) {
    let connection;
    try {
      connection = await openConnection({ port });
      while (performance.now() < until) {
        const { status } = await connection.send(body, '/validate?timeout=10s');
        if (status === 200) counts.judged += 1;
        else counts.shed += 1;
        if (status !== 200) break;
      }
    } catch {
      counts.cut += 1;
    }
    connection?.close();
  }
};
await Promise.all(Array.from({ length: connections }, caller));
console.log(JSON.stringify(counts));
process.exit(0);
