import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { etcdExample } from '../../test/etcd-example.ts';
import { etcdData, member } from '../controls/etcd-data/examples.ts';
import { type Json, toJson } from '../model/json.ts';
import { SavedEtcd } from './saved-etcd.ts';
