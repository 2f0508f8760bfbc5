// Stands in for a paid model: what it says tells whether it was asked.
module.exports = class OpenAI {
  chat = { completions: { create: async ({ messages }) => ({ choices: [{ message: { content: `about ${messages.at(-1).content}` } }] }) } };
};
