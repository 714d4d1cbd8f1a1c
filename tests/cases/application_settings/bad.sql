ALTER DATABASE :"DBNAME" SET "app.settings.jwt_secret" = 'topsecret-value';
