using System.Text;
using DiffusionSharp.Files.Tensors;

namespace TestKit.Files;

/// <summary>Writes state dicts as torch.save does, from its format's description.</summary>
public static class TorchWriter
{
    public static byte[] Zip(TorchDict dict) => Zip(
        Pickle(dict, legacy: false), [.. dict.Storages.Select(s => (s.Key, s.Bytes))]).ToBytes();

    public static byte[] Legacy(TorchDict dict) => Legacy(
        Pickle(dict, legacy: true), [.. dict.Storages.Select(s => (s.Key, s.Elements, s.Bytes))]);

    public static byte[] Safetensors(TorchDict dict)
    {
        var (header, data) = (new List<string>(), new List<byte>());
        foreach (var t in dict.Tensors)
        {
            var bytes = t.Elements(dict.Storage(t.Key));
            header.Add($"\"{t.Name}\":{{\"dtype\":\"{dict.Storage(t.Key).Dtype}\",\"shape\":[{string.Join(',', t.Shape)}],\"data_offsets\":[{data.Count},{data.Count + bytes.Length}]}}");
            data.AddRange(bytes);
        }

        return SafetensorsBytes($"{{{string.Join(',', header)}}}", data.ToArray());
    }

    /// <summary>A safetensors file of any header.</summary>
    public static byte[] SafetensorsBytes(string header, ReadOnlySpan<byte> data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. data];
    }

    /// <summary>An archive around any pickle.</summary>
    public static ZipWriter Zip(byte[] pickle, params (string Key, byte[] Bytes)[] storages) => new()
    {
        Entries = [new("archive/data.pkl", pickle), new("archive/byteorder", "little"u8.ToArray()), .. storages.Select(s => new ZipWriter.Entry($"archive/data/{s.Key}", s.Bytes)), new("archive/version", "3\n"u8.ToArray())],
    };

    /// <summary>A file of the old format around any pickle.</summary>
    public static byte[] Legacy(byte[] pickle, params (string Key, long Elements, byte[] Bytes)[] storages) =>
        [.. Legacy(pickle, [.. storages.Select(s => s.Key)]), .. storages.SelectMany(s => (byte[])[.. ZipWriter.N(s.Elements, 8), .. s.Bytes])];

    public static byte[] Legacy(byte[] pickle, string[] keys)
    {
        var list = new PickleWriter().Do("](");
        foreach (var key in keys)
        {
            list.Text(key);
        }

        return [.. LegacyStart(), .. pickle, .. list.Do("e").Stop()];
    }

    public static byte[] LegacyStart(int version = 1001, bool littleEndian = true) =>
    [
        .. new PickleWriter().Raw(0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19).Stop(),
        .. new PickleWriter().Int(version).Stop(),
        .. new PickleWriter().Do("}(").Text("protocol_version").Int(1001).Text("little_endian").Raw(littleEndian ? (byte)0x88 : (byte)0x89).Do("u").Stop(),
    ];

    private static byte[] Pickle(TorchDict dict, bool legacy)
    {
        var pickle = new PickleWriter().Call("collections", "OrderedDict", _ => { }).Do("(");
        foreach (var t in dict.Tensors)
        {
            var s = dict.Storage(t.Key);
            void Tensor(PickleWriter p) => p.Tensor(s.Type, s.Key, s.Elements, t.Offset, t.Shape.Select(d => (long)d), t.Strides, legacy);
            pickle.Text(t.Name);
            if (t.IsParameter)
            {
                pickle.Call("torch._utils", "_rebuild_parameter", p =>
                {
                    Tensor(p);
                    p.Raw(0x88).Call("collections", "OrderedDict", _ => { });
                });
            }
            else
            {
                Tensor(pickle);
            }
        }

        // A state dict has the versions of its modules as an attribute.
        return pickle.Do("u}").Text("_metadata").Do("}sb").Stop();
    }
}
