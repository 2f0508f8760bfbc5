"""Who calls an app of FastAPI, as most of them find it out; of models that the test has; and a database."""

SIGNED_IN = """
import os
import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.orm import Session
from database import get_db
from models import User
oauth = OAuth2PasswordBearer(tokenUrl="token")
def get_current_user(token: str = Depends(oauth), db: Session = Depends(get_db)):
    try:
        payload = jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError:
        raise HTTPException(status_code=401)
    return db.query(User).filter(User.id == payload["sub"]).one()
"""
DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
SessionLocal = sessionmaker(bind=create_engine("postgresql://localhost/shop"))
def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()
"""
