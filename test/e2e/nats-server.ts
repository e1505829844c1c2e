import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Undefined where this machine has none. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path));
}

export interface NatsServer {
  readonly url: string;
  /** Stops it and starts it again on what it has stored. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A server on loopback with its store in `folder`, that ends by itself after ten minutes. */
export async function startNatsServer(
  program: string,
  options: { readonly folder: string; readonly config: string },
): Promise<NatsServer> {
  const port = await freePort();
  const config = join(options.folder, 'nats.conf');
  const store = JSON.stringify(join(options.folder, 'nats'));
  writeFileSync(config, `host: 127.0.0.1\nport: ${port}\njetstream { store_dir: ${store} }\n${options.config}\n`);
  execFileSync(program, ['-c', config, '-t'], { stdio: 'pipe' });
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const started = spawn(program, ['-c', config], { stdio: 'ignore', timeout: 600_000 });
    child = started;
    const deadline = Date.now() + 10_000;
    while (!(await isOpen(port))) {
      if (started.exitCode !== null || Date.now() > deadline) throw new Error('nats-server does not start');
      await wait(50);
    }
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    stop,
    restart: async () => {
      await stop();
      await start();
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
