// What the page uses of Yjs. web/yjs.js is made of this file: see README.md.
export {
  Doc, applyUpdate, createAbsolutePositionFromRelativePosition, createRelativePositionFromTypeIndex, decodeRelativePosition, encodeRelativePosition,
} from "yjs";
