export { type Deed, FileAccess, type Reach } from './file-access.ts';
export { accessText, isNobody, modeText, ownerText } from './words.ts';
