namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>The bytes of a member, with zeros where a sparse file has holes.</summary>
internal sealed class TarData(TarTape tape, SparseMap map) : Stream
{
    private long at;
    private int part;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => map.Length;

    public override long Position { get => at; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        while (part < map.Numbers.Count && at >= map.Numbers[part] + map.Numbers[part + 1])
        {
            part += 2;
        }

        int n;
        if (part == map.Numbers.Count || at < map.Numbers[part])
        {
            n = (int)Math.Min(buffer.Length, (part == map.Numbers.Count ? map.Length : map.Numbers[part]) - at);
            buffer[..n].Clear();
        }
        else
        {
            var wanted = (int)Math.Min(buffer.Length, map.Numbers[part] + map.Numbers[part + 1] - at);
            n = tape.Read(buffer[..wanted]);
            if (n < Math.Min(wanted, 1))
            {
                throw new InvalidDataException("less is there than its map of a sparse file says");
            }
        }

        at += n;
        return n;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
