export {
  type EncryptionConfig,
  type EncryptionProblem,
  type EncryptionProvider,
  type EncryptionRule,
  type EncryptionVersion,
  type KmsProvider,
  type ProviderKind,
  type ReadEncryptionConfig,
  readEncryptionConfig,
} from './config.ts';
export { encryptionOf, type ResourceEncryption } from './resources.ts';
