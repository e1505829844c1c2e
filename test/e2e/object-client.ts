import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { load } from 'js-yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly code: number;
  readonly body: Manifest & { readonly message?: string };
}

interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/** Writes objects as they are given: clients with types would mend or drop what an example is about. */
export class ObjectClient {
  readonly #server: string;
  readonly #agent: Agent;
  readonly #served = new Map<string, readonly Served[]>();

  /** For a kubeconfig of kubeadm's, which holds one cluster and one user with a client certificate. */
  constructor(kubeconfig: string) {
    const { clusters, users } = load(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const { cluster } = clusters[0];
    const { user } = users[0];
    const decoded = (text = ''): Buffer => Buffer.from(text, 'base64');
    this.#server = cluster['server'] ?? '';
    this.#agent = new Agent({
      keepAlive: true,
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    });
  }

  create(object: Manifest): Promise<Answer> {
    return this.#ask('POST', object, object);
  }

  read(object: Manifest): Promise<Answer> {
    return this.#ask('GET', object);
  }

  replace(object: Manifest): Promise<Answer> {
    return this.#ask('PUT', object, object);
  }

  /** `Foreground`: it is gone when what was made for it is. */
  delete(object: Manifest, propagationPolicy: 'Foreground' | 'Background'): Promise<Answer> {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, propagationPolicy };
    return this.#ask('DELETE', object, options);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(method: string, object: Manifest, body?: Manifest): Promise<Answer> {
    const { apiVersion, kind, metadata: { name = '', namespace = 'default' } = {} } = object;
    const served = await this.#resource(apiVersion, kind);
    if (served === undefined) return { code: 404, body: notServed(object) };
    const space = served.namespaced ? `/namespaces/${namespace}` : '';
    const path = `${groupPath(apiVersion)}${space}/${served.name}`;
    return this.#send(method, method === 'POST' ? path : `${path}/${encodeURIComponent(name)}`, body);
  }

  async #resource(apiVersion: string, kind: string): Promise<Served | undefined> {
    const known = this.#served.get(apiVersion)?.find((each) => each.kind === kind);
    if (known !== undefined) return known;
    const { body } = await this.#send('GET', groupPath(apiVersion));
    const all = Array.isArray(body['resources']) ? (body['resources'] as readonly Served[]) : [];
    const resources = all.filter(({ name }) => !name.includes('/'));
    this.#served.set(apiVersion, resources);
    return resources.find((each) => each.kind === kind);
  }

  #send(method: string, path: string, body?: Manifest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      // Node says no length by itself for DELETE, and the server then reads no options.
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      const sent = request(`${this.#server}${path}`, { method, agent: this.#agent, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(pieces).toString();
          const code = response.statusCode ?? 0;
          resolve({ code, body: answer.startsWith('{') ? JSON.parse(answer) : { message: answer.trim() } });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function notServed({ apiVersion, kind }: Manifest): Answer['body'] {
  return { apiVersion: 'v1', kind: 'Status', message: `the server has no ${kind} of ${apiVersion}` };
}
