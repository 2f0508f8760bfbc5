export default class {
  messages = { create: (asked: { messages: { content: string }[] }) => Promise.resolve({ content: [{ type: "text", text: `${asked.messages[0].content.length} letters` }] }) };
}
