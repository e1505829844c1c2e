import { isList, isObject, type Json, own } from '../../model/json.ts';
import { type Path, valueAt } from '../../model/path.ts';
import { type Failure, fail, notApplicable } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';
import { meshObject } from './examples.ts';

const kind = 'networking.istio.io/v1/DestinationRule';

/**
 * Settings of clients go before automatic mutual TLS. A port's settings take the place of the whole policy for it.
 * Source: istio.io, "Destination Rule", ClientTLSSettings; istioctl analysis IST0128 and IST0129.
 */
export default control({
  id: 'meshes/istio-destination-rule',
  title: 'Clients of an Istio mesh are not told to do without mutual TLS',
  severity: 'medium',
  subject: 'object',
  kinds: ['DestinationRule'],
  why: 'A DestinationRule decides what clients send whatever the server would take: with DISABLE in plain text, without checks to whoever answers.',
  remedy:
    'Take out the tls settings for hosts of the mesh, where automatic mutual TLS does the right thing; for others name a caCertificates and do not skip checks.',
  check: ({ object }) => {
    if (groupKind(object) !== 'networking.istio.io/DestinationRule') return notApplicable('it is no DestinationRule');
    const host = valueAt(object.value, ['spec', 'host']);
    const name = typeof host === 'string' ? host : 'its host';
    const failures: Failure[] = [];
    for (const { tls, at, where } of tlsSettings(object.value)) {
      const mode = own(tls, 'mode');
      const key = at.join('.');
      if (mode === 'DISABLE') {
        const message = `DestinationRule ${object.name} has clients send plain text to ${name}${where}`;
        failures.push(fail(message, [...at, 'mode'], { key }));
      } else if (own(tls, 'insecureSkipVerify') === true) {
        const message = `DestinationRule ${object.name} has clients trust whoever answers for ${name}${where}`;
        failures.push(fail(message, [...at, 'insecureSkipVerify'], { key, severity: 'high' }));
      }
    }
    return failures;
  },
  examples: {
    fail: [
      meshObject(kind, 'host: web.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}'),
      meshObject(kind, 'host: web, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: DISABLE}}]}'),
      meshObject(
        kind,
        'host: api.example, subsets: [{name: v1, trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true}}}]',
      ),
    ],
    pass: [
      meshObject(kind, 'host: web.shop.svc.cluster.local, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}'),
      meshObject(kind, 'host: web.shop.svc.cluster.local, trafficPolicy: {loadBalancer: {simple: RANDOM}}'),
    ],
  },
});

interface TlsSettings {
  readonly tls: Readonly<Record<string, Json>>;
  readonly at: Path;
  readonly where: string;
}

function* tlsSettings(value: Json): Generator<TlsSettings> {
  const policies: [at: Path, where: string][] = [[['spec', 'trafficPolicy'], '']];
  const subsets = valueAt(value, ['spec', 'subsets']);
  for (const [index, subset] of (isList(subsets) ? subsets : []).entries()) {
    const name = isObject(subset) ? own(subset, 'name') : undefined;
    policies.push([['spec', 'subsets', index, 'trafficPolicy'], typeof name === 'string' ? `, subset ${name}` : '']);
  }
  for (const [at, where] of policies) {
    const tls = valueAt(value, [...at, 'tls']);
    if (isObject(tls)) yield { tls, at: [...at, 'tls'], where };
    const ports = valueAt(value, [...at, 'portLevelSettings']);
    for (const [index, settings] of (isList(ports) ? ports : []).entries()) {
      const ofPort = valueAt(settings, ['tls']);
      const number = valueAt(settings, ['port', 'number']);
      if (!isObject(ofPort)) continue;
      const port = typeof number === 'number' ? `, port ${number}` : '';
      yield { tls: ofPort, at: [...at, 'portLevelSettings', index, 'tls'], where: `${where}${port}` };
    }
  }
}
