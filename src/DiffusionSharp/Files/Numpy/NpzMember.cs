using System.IO.Compression;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Files.Numpy;

/// <summary>The unpacked bytes of a member of a zip file: never more than its directory says, and the checksum is checked at the end.</summary>
internal sealed class NpzMember(ZipArchiveEntry entry) : Stream
{
    private readonly Stream inner = entry.Open();
    private long left = entry.Length;
    private uint checksum;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var n = inner.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        left -= n;
        checksum = Crc32.Compute(buffer[..n], checksum);
        return n;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Call when everything was read.</summary>
    /// <exception cref="InvalidDataException">There is less or more, or the checksum is another.</exception>
    public void Finish()
    {
        if (left > 0 || inner.ReadByte() >= 0)
        {
            throw new InvalidDataException("it is not as long as the archive's directory says");
        }

        if (checksum != entry.Crc32)
        {
            throw new InvalidDataException("its checksum does not fit its bytes; it is damaged");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
