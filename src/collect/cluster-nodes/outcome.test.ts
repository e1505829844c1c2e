import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { podOutcome } from './outcome.ts';

const withContainer = (phase: string, state: JsonObject): JsonObject => ({ phase, containerStatuses: [{ state }] });

describe('podOutcome', () => {
  it.each<[JsonObject, string]>([
    [{}, 'pending: the kubelet did not take up the pod'],
    [{ phase: 'Pending' }, 'pending: the kubelet did not take up the pod'],
    [withContainer('Pending', { waiting: { reason: 'ContainerCreating' } }), 'pending: ContainerCreating'],
    [
      withContainer('Pending', { waiting: { reason: 'ErrImagePull', message: 'no route' } }),
      'pending: ErrImagePull: no route',
    ],
    [
      withContainer('Pending', { waiting: { reason: 'ImagePullBackOff', message: 'no route' } }),
      'failed: ImagePullBackOff: no route',
    ],
    [
      withContainer('Pending', { waiting: { reason: 'CreateContainerError', message: 'no such\ncommand' } }),
      'failed: CreateContainerError: no such command',
    ],
    [withContainer('Running', { running: {} }), 'pending: the collector still ran'],
    [withContainer('Succeeded', { terminated: { exitCode: 0 } }), 'ended'],
    [withContainer('Failed', { terminated: { exitCode: 2, reason: 'Error' } }), 'failed: Error, exit code 2'],
    [
      withContainer('Failed', { terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      'failed: OOMKilled, exit code 137',
    ],
    [
      { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node too long' },
      'failed: DeadlineExceeded: Pod was active on the node too long',
    ],
    [{ phase: 'Failed', reason: 'OutOfpods', message: 'Node has no room' }, 'failed: OutOfpods: Node has no room'],
    [{ phase: 'Failed' }, 'failed: Error'],
    [{ phase: 7, containerStatuses: 'x' }, 'pending: the kubelet did not take up the pod'],
  ])('%j', (status, expected) => {
    const outcome = podOutcome({ status });
    const words =
      outcome.kind === 'pending' ? `: ${outcome.doing}` : outcome.kind === 'failed' ? `: ${outcome.reason}` : '';
    expect(`${outcome.kind}${words}`).toBe(expected);
  });
});
