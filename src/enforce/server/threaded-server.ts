import { createSecureContext } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { BulwarkError } from '../../model/errors.ts';
import {
  type AdmissionServer,
  type AdmissionServerOptions,
  type ServerLoad,
  secureOptions,
} from './admission-server.ts';
import type { FromServer, NumberedAnswer, NumberedCall, ThreadOptions, ToServer } from './thread-messages.ts';

export interface ThreadedServerOptions extends AdmissionServerOptions {
  /** The bundle of `server-thread.ts`. */
  readonly thread: URL;
  /** The thread ended by itself: nobody is answered any more. */
  readonly onFailed: (error: Error) => void;
}

/** Answers that travel together at most: the first of them waits for the others. */
const together = 4;

/**
 * An admission server whose connections, TLS and HTTP have a thread of their own, so that they go on while this one
 * decides. Else as `startAdmissionServer`; `load` is what the thread told last.
 */
export function startThreadedServer(options: ThreadedServerOptions): Promise<AdmissionServer> {
  const { host, port, keys, clientNames, thread, review, onTurned, onAnswered, onFailed } = options;
  const workerData: ThreadOptions = { host, port, keys, clientNames };
  const worker = new Worker(thread, { workerData, name: 'admission-server' });
  const send = (message: ToServer): void => worker.postMessage(message);
  let load: ServerLoad = { bytes: 0, waiting: 0 };
  let done: NumberedAnswer[] = [];

  const sendAnswers = (): void => {
    if (done.length > 0) send({ kind: 'answers', answers: done });
    done = [];
  };
  const decide = (call: NumberedCall): NumberedAnswer | undefined => {
    const { id } = call;
    const failed = (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) });
    try {
      const answer = review(call);
      if (!(answer instanceof Promise)) return { id, ...answer };
      answer
        .then((later) => ({ id, ...later }), failed)
        .then((later) => send({ kind: 'answers', answers: [later] }))
        .catch(onFailed);
      return undefined;
    } catch (error) {
      return failed(error);
    }
  };

  return new Promise((resolve, reject) => {
    let isRunning = false;
    let stopped: (() => void) | undefined;
    let stopping: Promise<void> | undefined;
    const fail = (error: Error): void => {
      if (stopped !== undefined) stopped();
      else if (isRunning) onFailed(error);
      else reject(error);
    };
    worker.once('error', fail);
    worker.once('exit', (code) => fail(new Error(`the thread of the server ended with ${code}`)));
    const server = (address: AdmissionServer['address']): AdmissionServer => ({
      address,
      renew: (renewed) => {
        createSecureContext(secureOptions(renewed));
        send({ kind: 'renew', keys: renewed });
      },
      load: () => load,
      stop: (times) => {
        stopping ??= new Promise((ended) => {
          stopped = ended;
          send({ kind: 'stop', ...times });
        });
        return stopping;
      },
    });
    worker.on('message', (message: FromServer) => {
      if (message.kind === 'listening') {
        isRunning = true;
        resolve(server(message.address));
      } else if (message.kind === 'refused') {
        reject(new BulwarkError(message.code, message.message, message.hint));
        void worker.terminate();
      } else if (message.kind === 'stopped') {
        stopped?.();
      } else {
        ({ load } = message);
        for (const { turned, reason } of message.turned) onTurned(turned, reason);
        for (const answered of message.answered) onAnswered(answered);
        for (const call of message.calls) {
          const answer = decide(call);
          if (answer !== undefined) done.push(answer);
          if (done.length >= together) sendAnswers();
        }
        sendAnswers();
      }
    });
  });
}
