import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { type Failure, notApplicable, unknown } from '../../model/verdict.ts';
import { isLoopback, urlHost } from '../../semantics/node/listen-address.ts';
import { whyNotKnown } from '../../semantics/node/setting-text.ts';
import { control } from '../control.ts';
import { file, staticPod } from '../node-examples.ts';

const path = '/etc/kubernetes/scheduler.yaml';

function configured(extenders: string): string {
  const text = `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nextenders: ${extenders}`;
  return `${staticPod('kube-scheduler', [`--config=${path}`])}${file(path, text)}`;
}

export default control({
  id: 'kube-scheduler/extenders',
  title: 'The scheduler verifies its extenders through TLS',
  severity: 'medium',
  subject: 'component',
  why: 'An extender says on which node a pod runs, and is shown its specification: whoever answers in its place puts pods next to those they attack.',
  remedy: 'Give the extender an https URL, with a CA in tlsConfig.caData.',
  check: ({ component: subject }) => {
    if (subject.component !== 'kube-scheduler') return notApplicable('it is not kube-scheduler');
    const setting = subject.config.get('extenders');
    if (setting === undefined) return [];
    if (setting.value === null) return unknown(whyNotKnown(setting));
    const failures: Failure[] = [];
    for (const extender of objectsIn(setting.value)) {
      const prefix = own(extender, 'urlPrefix');
      const url = typeof prefix === 'string' ? urlHost(prefix) : undefined;
      if (url === undefined) continue;
      const tls = own(extender, 'tlsConfig');
      const blind = isObject(tls) && own(tls, 'insecure') === true;
      const says =
        url.scheme === 'http' ? 'is not encrypted' : blind ? 'is not verified: tlsConfig.insecure is true' : undefined;
      if (says === undefined) continue;
      failures.push({
        kind: 'fail',
        message: `the connection to extender ${prefix} ${says}`,
        at: [setting.name],
        key: String(prefix),
        place: subject.placeOf(setting),
        ...(isLoopback(url.host) && { severity: 'low' }),
      });
    }
    return failures;
  },
  examples: {
    fail: [
      configured('[{urlPrefix: "http://extender.example/scheduler", filterVerb: filter}]'),
      configured('[{urlPrefix: "https://extender.example", enableHTTPS: true, tlsConfig: {insecure: true}}]'),
    ],
    pass: [
      staticPod('kube-scheduler', []),
      configured('[{urlPrefix: "https://extender.example", enableHTTPS: true, tlsConfig: {caData: Zm9v}}]'),
    ],
  },
});
