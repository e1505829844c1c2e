import { isObject, own } from '../../model/json.ts';
import { objectsIn } from '../../model/json-list.ts';
import { valueAt } from '../../model/path.ts';
import { fail, notApplicable, pass } from '../../model/verdict.ts';
import { groupKind } from '../../model/workload.ts';
import { control } from '../control.ts';

/** Source: Kubernetes documentation, "CSIDriver", tokenRequests: the empty audience is that of the API server. */
export default control({
  id: 'storage/driver-token',
  title: 'CSI drivers get no tokens that the API server takes',
  severity: 'low',
  subject: 'object',
  kinds: ['CSIDriver'],
  why: "The driver is given a token of each pod's service account; one for the API server lets whoever runs the driver act as any pod that has a volume of it.",
  remedy: 'Name the audience of the service that the driver talks to in tokenRequests, or leave them out.',
  check: ({ object }) => {
    if (groupKind(object) !== 'storage.k8s.io/CSIDriver') return notApplicable('it is no CSIDriver');
    const spec = valueAt(object.value, ['spec']);
    const requests = objectsIn(isObject(spec) ? own(spec, 'tokenRequests') : undefined);
    const index = requests.findIndex((request) => (own(request, 'audience') ?? '') === '');
    if (index === -1) return pass;
    const message = `CSIDriver ${object.name} gets tokens of pods for the audience of the API server`;
    return fail(message, ['spec', 'tokenRequests', index, 'audience']);
  },
  examples: {
    fail: [driver('tokenRequests: [{audience: ""}]')],
    pass: [driver('tokenRequests: [{audience: sts.amazonaws.com}]'), driver('attachRequired: true')],
  },
});

function driver(spec: string): string {
  return `apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: {name: secrets.example}
spec: {${spec}}
`;
}
