class Settings:
    api_prefix: str = "/internal"
    docs_url = "/swagger"


settings = Settings()
