import { edit } from '../../model/edit.ts';
import { own } from '../../model/json.ts';
import { fail, pass } from '../../model/verdict.ts';
import { control } from '../control.ts';
import { podWith } from './examples.ts';

/** The API server takes `serviceAccountName`, and `serviceAccount` where that is empty: pkg/apis/core/v1/conversion.go. */
export default control({
  id: 'service-accounts/deprecated-field',
  title: 'Pods name their service account in the field that counts',
  severity: 'low',
  subject: 'pod',
  why: 'The field serviceAccount is deprecated and loses to serviceAccountName: who reads the manifest, and tools that know one of them alone, take the pod for another account.',
  remedy: 'Use serviceAccountName, and remove serviceAccount.',
  check: ({ pod }) => {
    const deprecated = own(pod.raw, 'serviceAccount');
    if (typeof deprecated !== 'string' || deprecated === '') return pass;
    const name = own(pod.raw, 'serviceAccountName');
    // The API server shows both, and the same, for every pod.
    if (name === deprecated) return pass;
    const at = pod.at('serviceAccount');
    if (typeof name !== 'string' || name === '') {
      return fail(`the pod names service account ${deprecated} in the deprecated field serviceAccount`, at, {
        severity: 'info',
      });
    }
    return fail(`the pod runs as service account ${name}, and not as ${deprecated}, which serviceAccount says`, at);
  },
  fix: {
    safety: 'safe',
    edits: ({ pod }) => [
      edit.set(pod.at('serviceAccountName'), pod.serviceAccountName),
      edit.remove(pod.at('serviceAccount')),
    ],
  },
  examples: {
    fail: [podWith('serviceAccount: app'), podWith('serviceAccount: app, serviceAccountName: other')],
    pass: [podWith('serviceAccountName: app'), podWith('serviceAccountName: app, serviceAccount: app')],
  },
});
