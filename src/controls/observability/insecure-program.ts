import { imageOf } from '../../facts/image-references.ts';
import type { Container } from '../../model/container.ts';
import type { Severity } from '../../model/severity.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { withImage } from '../container-runtime/with-image.ts';
import { control } from '../control.ts';

interface Setting {
  /** Ends of the repositories of its images, which copies mostly keep. */
  readonly images: readonly string[];
  /** A variable or a flag, and the value that opens it. */
  readonly name: string;
  readonly opens: RegExp;
  readonly says: string;
  readonly severity?: Severity;
}

const grafana = ['grafana/grafana', 'grafana/grafana-oss', 'grafana/grafana-enterprise', 'bitnami/grafana'];
const elasticsearch = ['elasticsearch/elasticsearch', 'library/elasticsearch', 'bitnami/elasticsearch'];
const opensearch = ['opensearchproject/opensearch', 'bitnami/opensearch'];
const prometheus = ['prometheus/prometheus', 'prom/prometheus', 'bitnami/prometheus'];
const yes = /^(?:true|1|yes)$/i;
const no = /^(?:false|0|no)$/i;

/** Sources: the documentation of each project on its settings. Flags of Go take one dash or two. */
const settings: readonly Setting[] = [
  { images: grafana, name: 'GF_AUTH_ANONYMOUS_ENABLED', opens: yes, says: 'lets anybody into Grafana without a login' },
  {
    images: elasticsearch,
    name: 'xpack.security.enabled',
    opens: no,
    says: 'turns off logins and TLS of Elasticsearch',
    severity: 'high',
  },
  {
    images: ['bitnami/elasticsearch'],
    name: 'ELASTICSEARCH_ENABLE_SECURITY',
    opens: no,
    says: 'turns off logins and TLS of Elasticsearch',
    severity: 'high',
  },
  {
    images: opensearch,
    name: 'DISABLE_SECURITY_PLUGIN',
    opens: yes,
    says: 'turns off logins and TLS of OpenSearch',
    severity: 'high',
  },
  {
    images: opensearch,
    name: 'plugins.security.disabled',
    opens: yes,
    says: 'turns off logins and TLS of OpenSearch',
    severity: 'high',
  },
  {
    images: prometheus,
    name: '--web.enable-admin-api',
    opens: /^(?:|true)$/,
    says: 'lets whoever reaches Prometheus delete what it has recorded',
  },
  {
    images: prometheus,
    name: '--web.enable-lifecycle',
    opens: /^(?:|true)$/,
    says: 'lets whoever reaches Prometheus stop it',
    // Its operator sets it to reload.
    severity: 'info',
  },
  { images: ['grafana/loki'], name: '--auth.enabled', opens: no, says: 'lets anybody read and write the logs of Loki' },
];

/** Told of the program that keeps metrics and logs: what it lets everybody do who reaches it. */
export default control({
  id: 'observability/insecure-program',
  title: 'Programs that keep metrics and logs ask who is there',
  severity: 'medium',
  subject: 'container',
  why: 'Metrics and logs tell an attacker what there is and what has been noticed; whoever may write them covers their tracks.',
  remedy: 'Take the setting away, and let people log in; keep the port to those who scrape and query.',
  check: ({ container }, facts) => {
    const image = facts.get(imageOf)(container);
    if ('kind' in image) return image;
    const tail = image.path.split('/').slice(-2).join('/');
    const asked = settings.filter(({ images }) => images.includes(tail));
    if (asked.length === 0) return notApplicable('it keeps neither metrics nor logs, as far as is known');
    return asked.flatMap((setting): readonly Failure[] => {
      const { name, opens, says, severity } = setting;
      const given = name.startsWith('--') ? flagOf(container, name) : variableOf(container, name);
      if (given === undefined || !opens.test(given.value)) return [];
      const message = `${name} of container ${container.name} ${says}`;
      const role = variableOf(container, 'GF_AUTH_ANONYMOUS_ORG_ROLE')?.value;
      const isAdmin = name === 'GF_AUTH_ANONYMOUS_ENABLED' && /^(?:admin|editor)$/i.test(role ?? '');
      const weight = isAdmin ? 'high' : severity;
      return [
        fail(isAdmin ? `${message}, as ${role}` : message, given.at, {
          key: name,
          ...(weight !== undefined && { severity: weight }),
        }),
      ];
    });
  },
  examples: {
    fail: [
      withImage('docker.io/grafana/grafana:11.4.0', 'env: [{ name: GF_AUTH_ANONYMOUS_ENABLED, value: "true" }]'),
      withImage(
        'docker.elastic.co/elasticsearch/elasticsearch:8.17.0',
        'env: [{ name: xpack.security.enabled, value: "false" }]',
      ),
      withImage('quay.io/prometheus/prometheus:v3.1.0', 'args: [--web.enable-admin-api]'),
    ],
    pass: [
      withImage('docker.io/grafana/grafana:11.4.0', 'env: [{ name: GF_AUTH_ANONYMOUS_ENABLED, value: "false" }]'),
      withImage('quay.io/prometheus/prometheus:v3.1.0', 'args: [--web.enable-admin-api=false]'),
      withImage('registry.example/app:1.0', 'env: [{ name: GF_AUTH_ANONYMOUS_ENABLED, value: "true" }]'),
    ],
  },
});

interface Given {
  readonly value: string;
  readonly at: readonly (string | number)[];
}

function variableOf({ env }: Container, name: string): Given | undefined {
  const last = env.findLast((variable) => variable.name === name);
  return last?.value === undefined ? undefined : { value: last.value.trim(), at: [...last.path, 'value'] };
}

/** The last of a flag that is given; `''` where it has no value of its own. */
function flagOf(container: Container, flag: string): Given | undefined {
  for (const field of ['args', 'command'] as const) {
    const words = container[field];
    for (let index = words.length - 1; index >= 0; index -= 1) {
      const word = `--${(words[index] ?? '').replace(/^--?/, '')}`;
      if (word !== flag && !word.startsWith(`${flag}=`)) continue;
      if (!(words[index] ?? '').startsWith('-')) continue;
      return { value: word.slice(flag.length + 1), at: container.at(field, index) };
    }
  }
  return undefined;
}
