import { readFile } from 'node:fs/promises';
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import { BulwarkError } from '../../model/errors.ts';
import {
  alertStream,
  alertSubjects,
  eventStream,
  mappingFor,
  partitionSubjects,
  pieceBytes,
  stateBucket,
} from './names.ts';

/** How to reach NATS. Files, never the secrets themselves; user and password come from the environment. */
export interface NatsAccess {
  readonly url: string;
  readonly creds: string | undefined;
  readonly nkey: string | undefined;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

export interface Nats {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly state: KV;
}

export interface NatsSetup {
  readonly partitions: number;
  readonly replicas: number;
}

const second = 1_000_000_000;
const alertsKept = 90 * 86_400 * second;
const headroom = 8 * 1024;

/** Connects, and makes the streams and the bucket where they are missing. Throws `usage`. */
export async function openNats(access: NatsAccess, setup: NatsSetup): Promise<Nats> {
  const connection = await connectTo(access);
  try {
    const manager = await jetstreamManager(connection);
    const js = jetstream(connection);
    const most = connection.info?.max_payload ?? 0;
    if (most < pieceBytes + headroom) {
      throw usage(
        `the server takes messages of ${most} bytes at most`,
        `set its max_payload to ${pieceBytes + headroom} or more`,
      );
    }
    await ensureStream(manager, {
      name: eventStream,
      subjects: [partitionSubjects],
      num_replicas: setup.replicas,
      // A full stream makes publishers wait; the other way round it would lose what nobody has read.
      discard: 'new',
    });
    await ensureStream(manager, {
      name: alertStream,
      subjects: [alertSubjects],
      num_replicas: setup.replicas,
      max_age: alertsKept,
    });
    const state = await new Kvm(js).create(stateBucket, { history: 1, replicas: setup.replicas });
    await agreeOn(state, setup.partitions);
    return { connection, js, manager, state };
  } catch (error) {
    await connection.close();
    if (error instanceof BulwarkError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(reason, 'the server needs JetStream, and the account the right to use it', error);
  }
}

async function connectTo(access: NatsAccess): Promise<NatsConnection> {
  const { url, ca, cert, key, user, password } = access;
  const hasTls = ca !== undefined || cert !== undefined || key !== undefined || url.includes('tls://');
  try {
    const authenticator = await authenticatorOf(access);
    return await connect({
      servers: url.split(','),
      name: 'bulwark watch',
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      // Servers that the first one names may be far away, and then everything would go there in the clear.
      ignoreClusterUpdates: !hasTls,
      ...(authenticator !== undefined && { authenticator }),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(hasTls && {
        tls: {
          ...(ca !== undefined && { caFile: ca }),
          ...(cert !== undefined && { certFile: cert }),
          ...(key !== undefined && { keyFile: key }),
        },
      }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(`cannot connect: ${reason}`, 'see that the server runs and takes these credentials', error);
  }
}

async function authenticatorOf({ creds, nkey }: NatsAccess): Promise<Authenticator | undefined> {
  if (creds !== undefined) return credsAuthenticator(await readFile(creds));
  if (nkey !== undefined) return nkeyAuthenticator(Buffer.from((await readFile(nkey, 'utf8')).trim()));
  return undefined;
}

type StreamConfig = Parameters<JetStreamManager['streams']['add']>[0];

/** Several processes may start at once: who comes second finds it there. What an operator changed stays. */
async function ensureStream(manager: JetStreamManager, config: StreamConfig): Promise<void> {
  const exists = async (): Promise<boolean> => {
    try {
      await manager.streams.info(config.name);
      return true;
    } catch {
      return false;
    }
  };
  if (await exists()) return;
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (!(await exists())) throw error;
  }
}

/** The number of partitions is decided once: with another one a user's events would move. */
async function agreeOn(state: KV, partitions: number): Promise<void> {
  const key = 'partitions';
  try {
    await state.create(key, String(partitions));
  } catch (error) {
    const known = await state.get(key);
    if (known === null) throw error;
    if (known.string() === String(partitions)) return;
    throw usage(
      `there are ${known.string()} partitions, not ${partitions}`,
      `give --nats-partitions ${known.string()}, or delete the streams and the bucket to begin anew`,
    );
  }
}

/** What to say where the server does not map the subjects of events. */
export function mappingMissing(partitions: number): BulwarkError {
  return usage(
    'the server does not map bulwark.event.* to the partitions, or maps it to another number of them',
    `its configuration needs: ${mappingFor(partitions)}`,
  );
}

function usage(message: string, hint: string, cause?: unknown): BulwarkError {
  return new BulwarkError('usage', `--nats: ${message}`, hint, { cause });
}
