using System.Buffers.Binary;
using System.Text;

namespace DiffusionSharp.Torch.Tests.Native;

/// <summary>A hand-made ELF file of symbols, their versions, and the versions needed from one library.</summary>
internal static class TinyElf
{
    /// <summary>Builds the file. Version k of the list has index k + 2; a symbol names the index it needs.</summary>
    public static byte[] Build(string[] versions, (string Name, int Version)[] symbols)
    {
        var names = new List<byte> { 0 };
        uint Add(string name)
        {
            var at = (uint)names.Count;
            names.AddRange(Encoding.ASCII.GetBytes(name));
            names.Add(0);
            return at;
        }

        var need = new byte[16 + (16 * versions.Length)];
        Put16(need, 0, 1);
        Put16(need, 2, versions.Length);
        Put32(need, 4, Add("libstdc++.so.6"));
        Put32(need, 8, 16);
        for (var k = 0; k < versions.Length; k++)
        {
            var at = 16 + (16 * k);
            Put16(need, at + 6, k + 2);
            Put32(need, at + 8, Add(versions[k]));
            Put32(need, at + 12, k == versions.Length - 1 ? 0u : 16u);
        }

        var table = new byte[24 * (symbols.Length + 1)];
        var indices = new byte[2 * (symbols.Length + 1)];
        for (var i = 0; i < symbols.Length; i++)
        {
            Put32(table, 24 * (i + 1), Add(symbols[i].Name));
            Put16(indices, 2 * (i + 1), symbols[i].Version);
        }

        return Assemble([(0, [], 0, 0), (3, [.. names], 0, 0), (11, table, 1, 0), (0x6fffffff, indices, 2, 0), (0x6ffffffe, need, 1, 1)]);
    }

    private static byte[] Assemble((uint Type, byte[] Body, int Link, int Info)[] sections)
    {
        var file = new List<byte>(new byte[64]);
        var headers = new byte[64 * sections.Length];
        for (var i = 0; i < sections.Length; i++)
        {
            var (type, body, link, info) = sections[i];
            var header = headers.AsSpan(64 * i, 64);
            Put32(header, 4, type);
            BinaryPrimitives.WriteUInt64LittleEndian(header[0x18..], (ulong)file.Count);
            BinaryPrimitives.WriteUInt64LittleEndian(header[0x20..], (ulong)body.Length);
            Put32(header, 0x28, (uint)link);
            Put32(header, 0x2c, (uint)info);
            file.AddRange(body);
        }

        var table = file.Count;
        file.AddRange(headers);
        byte[] image = [.. file];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(image);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x28), (ulong)table);
        Put16(image, 0x3a, 64);
        Put16(image, 0x3c, sections.Length);
        return image;
    }

    private static void Put16(Span<byte> bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], (ushort)value);

    private static void Put32(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
