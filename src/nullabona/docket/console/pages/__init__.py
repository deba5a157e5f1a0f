"""The pages: each module shows one thing and takes what its forms say. Whether it may be done is the desk's to say."""
