"""What WhatsApp itself says in an export, in the languages of its users: what stands for media, titles. Pure."""

from __future__ import annotations

import re
from typing import Final

from nullabona.client.importing.records import LineKind

_OMITTED: Final = {
    LineKind.PHOTO: """
        image omitted
        이미지 생략됨
        사진 생략됨
        bild weggelassen
        imagen omitida
        image absente
        imagem ocultada
        imagem omitida
        immagine omessa
        afbeelding weggelaten
        görüntü dahil edilmedi
        изображение опущено
        画像は含まれていません
        图像已忽略
        图片已忽略
        圖像已略去
        pominięto obraz
        gambar tidak disertakan
        bild utelämnad
    """,
    LineKind.VIDEO: """
        video omitted
        gif omitted
        동영상 생략됨
        gif 생략됨
        video weggelassen
        gif weggelassen
        video omitido
        gif omitido
        vidéo absente
        gif absent
        vídeo omitido
        vídeo ocultado
        gif ocultado
        video omesso
        gif esclusa
        video weggelaten
        gif weggelaten
        video dahil edilmedi
        gif dahil edilmedi
        видео опущено
        gif опущено
        動画は含まれていません
        视频已忽略
        影片已略去
        pominięto film
        video tidak disertakan
        video note omitted
    """,
    LineKind.VOICE: """
        audio omitted
        오디오 생략됨
        음성 메시지 생략됨
        audio weggelassen
        audio omitido
        audio absent
        áudio ocultado
        áudio omitido
        audio omesso
        audio weggelaten
        ses dahil edilmedi
        аудиофайл опущен
        音声は含まれていません
        音频已忽略
        音訊已略去
        pominięto dźwięk
        audio tidak disertakan
    """,
    LineKind.STICKER: """
        sticker omitted
        스티커 생략됨
        sticker weggelassen
        sticker omitido
        sticker absent
        figurinha omitida
        sticker omesso
        sticker weggelaten
        çıkartma dahil edilmedi
        стикер опущен
        スタンプは含まれていません
        贴图已忽略
        貼圖已略去
        pominięto naklejkę
        stiker tidak disertakan
    """,
    LineKind.FILE: """
        document omitted
        contact card omitted
        <media omitted>
        <미디어 제외됨>
        <미디어 생략됨>
        <미디어 제외>
        <미디어 생략>
        문서 생략됨
        연락처 카드 생략됨
        <medien ausgeschlossen>
        <medien weggelassen>
        dokument weggelassen
        kontaktkarte ausgelassen
        <multimedia omitido>
        <archivo omitido>
        documento omitido
        tarjeta de contacto omitida
        <médias omis>
        <fichier omis>
        document absent
        fiche contact omise
        <mídia oculta>
        <arquivo de mídia oculto>
        <ficheiro não revelado>
        cartão do contato omitido
        <media omessi>
        <media omesso>
        documento omesso
        scheda contatto omessa
        <media weggelaten>
        <weggelaten media>
        document weggelaten
        contactkaart weggelaten
        <medya dahil edilmedi>
        belge dahil edilmedi
        <без медиафайлов>
        <файл пропущен>
        документ опущен
        <メディアなし>
        <メディアは含まれていません>
        <メディア省略>
        文書は含まれていません
        <省略多媒体文件>
        <媒体文件已省略>
        文档已忽略
        <忽略多媒體檔>
        <省略多媒體檔案>
        文件已略去
        <pominięto multimedia>
        <multimedia pominięte>
        pominięto dokument
        <media tidak disertakan>
        dokumen tidak disertakan
        <media utelämnat>
    """,
    LineKind.DELETED: """
        this message was deleted
        you deleted this message
        message deleted
        this message was deleted by admin
        삭제된 메시지입니다
        이 메시지는 삭제되었습니다
        이 메시지를 삭제했습니다
        메시지를 삭제했습니다
        diese nachricht wurde gelöscht
        du hast diese nachricht gelöscht
        se eliminó este mensaje
        este mensaje fue eliminado
        eliminaste este mensaje
        ce message a été supprimé
        vous avez supprimé ce message
        mensagem apagada
        esta mensagem foi apagada
        você apagou esta mensagem
        apagou esta mensagem
        questo messaggio è stato eliminato
        hai eliminato questo messaggio
        dit bericht is verwijderd
        dit bericht werd verwijderd
        je hebt dit bericht verwijderd
        u hebt dit bericht verwijderd
        bu mesaj silindi
        bu mesajı sildiniz
        данное сообщение удалено
        сообщение удалено
        вы удалили данное сообщение
        このメッセージは削除されました
        メッセージを削除しました
        此消息已删除
        您删除了此消息
        你删除了此消息
        此訊息已刪除
        您已刪除此訊息
        你已刪除此訊息
        ta wiadomość została usunięta
        usunięto tę wiadomość
        ta wiadomość została usunięta przez ciebie
        pesan ini telah dihapus
        anda menghapus pesan ini
        det här meddelandet raderades
    """,
}
STANDS_FOR: Final = {
    said.strip().casefold(): kind for kind, lines in _OMITTED.items() for said in lines.strip().split("\n")
}
"""What is in the place of a message: in small letters, without a full stop at its end."""
LONGEST: Final = max(map(len, STANDS_FOR)) + 1
ATTACHED: Final = (
    "file attached|파일 첨부됨|파일이 첨부됨|첨부 파일|파일 첨부|Datei angehängt|archivo adjunto|fichier joint"
    "|arquivo anexado|ficheiro anexado|file allegato|bestand bijgevoegd|dosya ekli|файл добавлен|添付ファイル"
    "|文件附件|檔案已附加|plik załączony|file terlampir"
)
"""What is in parentheses behind the name of a file, as an expression."""
TITLES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"WhatsApp[ -]Chat (?:with|mit|-|met|con|dengan|avec) (.{1,400}?)\.txt",
        r"(?:Chat (?:de )?WhatsApp con|Chat WhatsApp dengan|Discussion WhatsApp avec) (.{1,400}?)\.txt",
        r"(?:Conversa do WhatsApp com|Чат WhatsApp с(?: контактом)?|Czat WhatsApp z) (.{1,400}?)\.txt",
        r"(.{1,400}?)(?:님과의 WhatsApp 대화|님과의 WhatsApp 채팅| ile WhatsApp Sohbeti|とのWhatsAppチャット)\.txt",
        r"WhatsApp (?:채팅|대화|聊天|对话) ?- ?(.{1,400}?)\.txt",
        r"[与與](.{1,400}?)的 ?WhatsApp ?(?:聊天|对话|對話).{0,4}\.txt",
    )
)
"""What an exported file is called, which names the chat."""
