// The thread of the admission server: it takes calls and gives answers, and whoever started it decides.
import { parentPort, workerData } from 'node:worker_threads';
import { BulwarkError } from '../../model/errors.ts';
import { type Answered, type ReviewAnswer, startAdmissionServer, type Turned } from './admission-server.ts';
import type { FromServer, NumberedCall, ThreadOptions, ToServer } from './thread-messages.ts';

/** Milliseconds that what nobody waits for may lie here: it travels with the next calls, mostly. */
const longestLie = 100;

interface Waiting {
  readonly resolve: (answer: ReviewAnswer) => void;
  readonly reject: (error: Error) => void;
}

if (parentPort === null) throw new Error('this is the thread of a server, and nothing by itself');
const port = parentPort;
const waiting = new Map<number, Waiting>();
let calls: NumberedCall[] = [];
let turned: { turned: Turned; reason: string }[] = [];
let answered: Answered[] = [];
let number = 0;
let lying: NodeJS.Timeout | undefined;

const tell = (message: FromServer): void => port.postMessage(message);

const server = await startAdmissionServer({
  ...(workerData as ThreadOptions),
  review: (call) =>
    new Promise((resolve, reject) => {
      number += 1;
      waiting.set(number, { resolve, reject });
      // What comes in together travels together.
      if (calls.length === 0) setImmediate(tellNews);
      calls.push({ ...call, id: number });
    }),
  onTurned: (what, reason) => {
    turned.push({ turned: what, reason });
    tellSoon();
  },
  onAnswered: (answer) => {
    answered.push(answer);
    tellSoon();
  },
}).catch((error: unknown) => {
  if (!(error instanceof BulwarkError)) throw error;
  tell({ kind: 'refused', code: error.code, message: error.message, hint: error.hint });
  return undefined;
});

if (server !== undefined) {
  port.on('message', (message: ToServer) => {
    if (message.kind === 'answers') {
      for (const answer of message.answers) {
        const call = waiting.get(answer.id);
        waiting.delete(answer.id);
        if ('error' in answer) call?.reject(new Error(answer.error));
        else call?.resolve(answer);
      }
    } else if (message.kind === 'renew') {
      server.renew(message.keys);
    } else {
      void server.stop(message).then(() => {
        tellNews();
        tell({ kind: 'stopped' });
        port.close();
      });
    }
  });
  tell({ kind: 'listening', address: server.address });
}

function tellSoon(): void {
  lying ??= setTimeout(tellNews, longestLie);
}

function tellNews(): void {
  clearTimeout(lying);
  lying = undefined;
  const load = server?.load() ?? { bytes: 0, waiting: 0 };
  tell({ kind: 'news', calls, turned, answered, load });
  calls = [];
  turned = [];
  answered = [];
}
