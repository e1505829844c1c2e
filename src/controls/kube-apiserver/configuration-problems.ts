import { configurationControl } from '../configuration-problems.ts';
import { staticPod } from '../node-examples.ts';

/**
 * Files that have controls of their own, which fail where one is missing or holds nothing, and are undecided where it
 * was not read.
 */
const toldByOwnControl =
  /--(?:audit-policy-file|authentication-config|authorization-config|(?:experimental-)?encryption-provider-config) names, holds no configuration$/;

export default configurationControl('kube-apiserver', {
  isToldElsewhere: ({ kind, message }) => kind === 'unreadable' || toldByOwnControl.test(message),
  examples: {
    fail: [staticPod('kube-apiserver', ['--insecure-port=8080']), staticPod('kube-apiserver', ['--profiling=maybe'])],
    pass: [
      staticPod('kube-apiserver', ['--profiling=false']),
      staticPod('kube-apiserver', ['--insecure-port=0'], 'v1.20.2'),
    ],
  },
});
