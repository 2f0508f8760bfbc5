export default class {
  static createSubtleCryptoProvider() {}
  webhooks = { constructEventAsync: () => Promise.reject(new Error("No signatures found")) };
}
