// Stands in for the database: two accounts and a listing, kept in memory for one run of the server.
const rows = {
  User: [
    { _id: "1", name: "ana", email: "ana@snackswap.invalid", role: "member" },
    { _id: "2", name: "bo", email: "bo@snackswap.invalid", role: "admin" },
  ],
  Listing: [{ _id: "10", title: "crisps", owner: "1" }],
};

class Query {
  constructor(value) {
    this.value = value;
  }
  select() {
    return this;
  }
  sort() {
    return this;
  }
  limit() {
    return this;
  }
  then(done, failed) {
    return Promise.resolve(this.value).then(done, failed);
  }
}

class Schema {
  static Types = { ObjectId: String };
}

function model(name) {
  const kept = (rows[name] ??= []);
  const at = (id) => kept.find((row) => row._id === id) ?? null;
  return {
    find: () => new Query(kept),
    findById: (id) => new Query(at(id)),
    findByIdAndUpdate: (id, change) => new Query(at(id) && Object.assign(at(id), change)),
    findByIdAndDelete: (id) => new Query(at(id) && kept.splice(kept.indexOf(at(id)), 1)[0]),
    deleteMany: () => new Query({}),
    deleteOne: () => new Query({}),
    countDocuments: () => new Query(kept.length),
    create: (row) => new Query(row),
  };
}

module.exports = { Schema, model, connect: async () => {} };
