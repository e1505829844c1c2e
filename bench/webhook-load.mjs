// A client that costs little: HTTP/1.1 over TLS on kept connections, one request at a time on each.
import { connect } from 'node:tls';

/** Opens a connection. `send(body, path)` resolves to {status, ms, text}. */
export function openConnection({ port, host = 'localhost' }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, rejectUnauthorized: false }, () => {
      socket.setNoDelay(true);
      let answer;
      let received = [];
      let length = 0;
      let needed = -1;
      socket.on('data', (chunk) => {
        received.push(chunk);
        length += chunk.length;
        if (needed === -1) {
          const all = Buffer.concat(received, length);
          received = [all];
          const end = all.indexOf('\r\n\r\n');
          if (end === -1) return;
          const head = all.latin1Slice(0, end);
          needed = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        }
        if (length < needed) return;
        const text = Buffer.concat(received, length).toString('utf8');
        received = [];
        length = 0;
        needed = -1;
        const { began, done } = answer;
        done({ status: Number(text.slice(9, 12)), ms: performance.now() - began, text });
      });
      socket.on('error', (error) => answer?.fail(error));
      socket.on('close', () => answer?.fail(new Error('closed')));
      resolve({
        send: (body, path) =>
          new Promise((done, fail) => {
            answer = { began: performance.now(), done, fail };
            socket.write(
              `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
            );
            socket.write(body);
          }),
        close: () => {
          answer = undefined;
          socket.destroy();
        },
      });
    });
    socket.once('error', reject);
  });
}

let number = 0;

/** A review whose uid is another each time, written in place. */
export class Review {
  constructor(review) {
    this.body = Buffer.from(JSON.stringify(review));
    this.at = this.body.indexOf('"uid":"') + '"uid":"'.length;
  }

  next() {
    number += 1;
    this.body.latin1Write(String(number).padStart(12, '0'), this.at + 24);
    return this.body;
  }
}

/** Sends reviews on so many connections for so long, or so many of them. Resolves to sorted times and a rate. */
export async function load({
  port,
  path,
  review,
  connections,
  seconds = Number.POSITIVE_INFINITY,
  count = Infinity,
  check,
}) {
  const times = [];
  let failed = 0;
  let sent = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const caller = async () => {
    let connection = await openConnection({ port });
    // Each its own: what is still being sent must not change.
    const own = new Review(review);
    while (performance.now() < until && sent < count) {
      sent += 1;
      try {
        const { status, ms, text } = await connection.send(own.next(), path);
        times.push(ms);
        if (status !== 200 || check?.(text) === false) failed += 1;
      } catch {
        failed += 1;
        connection.close();
        connection = await openConnection({ port });
      }
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, caller));
  const rate = times.length / ((performance.now() - began) / 1000);
  times.sort((a, b) => a - b);
  return {
    rate,
    failed,
    times,
    quantile: (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))],
  };
}
