"""Rows that all accounts see and few are to change: each case is a route of one app."""

from own_rules import RULES as ALL

from batten.scan import scan_files

RULES = ALL.select(["login-only-privileged-operation"])
PACKAGE = '{ "dependencies": { "express": "5", "mongoose": "8", "jsonwebtoken": "9" } }'
COLUMNS = {
    "User": "name: String",
    "Product": "name: String, price: Number",
    "Suite": "title: String, pricePerNight: Number",
    "Category": "name: String",
    "SiteSetting": "banner: String",
    "Page": "title: String, text: String",
    "Order": "price: Number",
    "Offering": "price: Number, createdBy: { type: mongoose.Schema.Types.ObjectId, ref: 'User' }",
    "Coupon": "code: String",
    "Room": "topic: String",
}
HEAD = (
    """const express = require("express");
const jwt = require("jsonwebtoken");
"""
    + "".join(f'const {name} = require("./models/{name}");\n' for name in COLUMNS)
    + """const app = express();
const signedIn = (req, res, next) => {
  try { req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET); } catch { return res.status(401).end(); }
  next();
};
const isAdmin = (req, res, next) => (req.user.role === "admin" ? next() : res.status(403).end());
app.post("/register", async (req, res) => res.json(await User.create({ name: req.body.name })));
"""
)
ASKS = 'app.get("/reports", signedIn, isAdmin, async (req, res) => res.json(await Order.find()));\n'
CASES = (
    ("post /products", "signedIn", "Product.create({ name: req.body.name, price: req.body.price })", True),
    ("put /products/:id", "signedIn", "Product.findByIdAndUpdate(req.params.id, { price: req.body.price })", True),
    ("post /suites/add", "signedIn", "Suite.create({ title: req.body.title })", True),
    ("post /createCategory", "signedIn", "Category.create({ name: req.body.name })", True),
    ("delete /categories/:id", "signedIn", "Category.findByIdAndDelete(req.params.id)", True),
    ("put /site-settings", "signedIn", "SiteSetting.updateOne({}, { banner: req.body.banner })", True),
    ("patch /suites/:id/price", "signedIn", "Suite.findByIdAndUpdate(req.params.id, { pricePerNight: req.body.price })", True),
    # Asked for a role, of one's own, or by what is no route of the rows.
    ("put /product/:id", "signedIn, isAdmin", "Product.findByIdAndUpdate(req.params.id, { price: req.body.price })", False),
    ("post /products/:id/reviews", "signedIn", "Product.updateOne({ _id: req.params.id }, { $push: { reviews: req.body.text } })", False),
    ("post /checkout", "signedIn", "Product.updateOne({ _id: req.body.id }, { $inc: { stock: -1 } })", False),
    ("post /offerings", "signedIn", "Offering.create({ price: req.body.price, createdBy: req.user.id })", False),
    ("post /coupons", "signedIn", "Coupon.create({ code: req.body.code, shop: req.user.shopId })", False),
    # What everybody may write, or what is about one person.
    ("post /pages", "signedIn", "Page.create({ title: req.body.title, text: req.body.text })", False),
    ("post /rooms", "signedIn", "Room.create({ topic: req.body.topic })", False),
    ("post /orders", "signedIn", "Order.create({ price: req.body.price })", False),
)  # fmt: skip


def told(*, user: str = "name: String", asks: str = ASKS, kind: str = "shared") -> set[str]:
    models = {
        f"models/{name}.js": f'const mongoose = require("mongoose");\nmodule.exports = mongoose.model("{name}", new mongoose.Schema({{ {columns} }}));\n'
        for name, columns in {**COLUMNS, "User": user}.items()
    }
    routes = "".join(
        f'app.{address.split()[0]}("{address.split()[1]}", {chain}, async (req, res) => res.json(await {does}));\n'
        for address, chain, does, _ in CASES
    )
    asked = routes if asks else routes.replace(", isAdmin", "")
    files = {"package.json": PACKAGE, **models, "server.js": f"{HEAD}{asks}{asked}app.listen(3000);\n"}
    found = scan_files({path: text.encode() for path, text in files.items()}, RULES).project.privileged_deeds
    return {name for deed in found if deed.kind in (kind, "shared") for name in deed.names}


def _named(address: str) -> str:
    method, path = address.split()
    return f"{method.upper()} {path}"


def test_rows_for_all_to_see_where_other_routes_ask_for_a_role() -> None:
    shared = told()
    assert {address: _named(address) in shared for address, _, _, _ in CASES} == {address: expected for address, _, _, expected in CASES}


def test_accounts_that_have_roles_which_nobody_asks_for() -> None:
    assert "POST /products" in told(user="name: String, role: { type: String, default: 'guest' }", asks="")


def test_a_row_that_is_reviewed_is_not_changed_as_the_administrators_do() -> None:
    reviewed = 'app.post("/rooms/:id/reviews", signedIn, async (req, res) => res.json(await Room.updateOne({ _id: req.params.id }, { $push: { texts: req.body.text } })));\n'
    renamed = reviewed.replace("/reviews", "/topic")
    asks = 'app.put("/rooms/:id", signedIn, isAdmin, async (req, res) => res.json(await Room.findByIdAndUpdate(req.params.id, { topic: req.body.topic })));\n'
    assert "POST /rooms/:id/reviews" not in told(asks=asks + reviewed)
    assert "POST /rooms/:id/topic" in told(asks=asks + renamed, kind="elsewhere")


def test_an_app_without_roles_lets_everybody_change_what_all_see() -> None:
    assert told(asks="") == set()
