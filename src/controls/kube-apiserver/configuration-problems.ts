import { configurationControl } from '../configuration-problems.ts';
import { staticPod } from '../node-examples.ts';

export default configurationControl('kube-apiserver', {
  fail: [staticPod('kube-apiserver', ['--insecure-port=8080']), staticPod('kube-apiserver', ['--profiling=maybe'])],
  pass: [
    staticPod('kube-apiserver', ['--profiling=false']),
    staticPod('kube-apiserver', ['--insecure-port=0'], 'v1.20.2'),
  ],
});
