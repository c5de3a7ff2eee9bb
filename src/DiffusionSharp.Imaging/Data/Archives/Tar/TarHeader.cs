using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>The header block of a member (POSIX 1003.1 "ustar", and GNU tar's tar.h).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type flag: '0' a file, '1' and '2' links, 'S' a sparse file of GNU's, 'x' records of pax, and so on.</param>
/// <param name="Bytes">Bytes of data that follow.</param>
/// <param name="Link">Where a link leads.</param>
internal sealed record TarHeader(string Name, char Type, long Bytes, string Link)
{
    /// <summary>True for links, which have no data.</summary>
    public bool IsLink => Type is '1' or '2';

    /// <summary>Parses a block; null for one of zeros, which ends the archive.</summary>
    /// <exception cref="InvalidDataException">It is no header.</exception>
    public static TarHeader? Parse(ReadOnlySpan<byte> block)
    {
        if (block[..TarTape.BlockBytes].IndexOfAnyExcept((byte)0) < 0)
        {
            return null;
        }

        // The sum is of all bytes, its own field taken as spaces.
        var sum = 8 * ' ';
        for (var i = 0; i < TarTape.BlockBytes; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : block[i];
        }

        if (Number(block.Slice(148, 8)) != sum)
        {
            throw new InvalidDataException("the checksum of a header is wrong.");
        }

        var name = Text(block[..100]);
        var prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : string.Empty;
        return new TarHeader(prefix.Length == 0 ? name : $"{prefix}/{name}", (char)block[156], Number(block.Slice(124, 12)), Text(block.Slice(157, 100)));
    }

    /// <summary>Text up to the first zero byte.</summary>
    public static string Text(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);

    /// <summary>A number of octal digits, or, where its first bit is set, of bytes.</summary>
    /// <exception cref="InvalidDataException">It is none, or negative.</exception>
    public static long Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            var large = field[..^8].IndexOfAnyExcept((byte)0x80, (byte)0) < 0 ? BinaryPrimitives.ReadInt64BigEndian(field[^8..]) : -1;
            return large >= 0 ? large : throw new InvalidDataException("a number in a header is out of range.");
        }

        var number = 0L;
        foreach (var digit in field.Trim(" \0"u8))
        {
            number = digit is >= (byte)'0' and <= (byte)'7' ? (number << 3) | (uint)(digit - '0') : throw new InvalidDataException("a number in a header is none.");
        }

        return number;
    }
}
