using System.Buffers.Binary;
using System.Text;
using BenchmarkDotNet.Attributes;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Micro;

/// <summary>
/// Opening and reading a checkpoint as torch.save writes them: the parameters of the largest U-Net of the DDPM paper (LSUN, 114 million
/// values), 455 MB, one storage each. It is read from the system's cache.
/// </summary>
public class CheckpointBenchmarks
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ddim-micro-");

    private string Model => Path.Combine(folder.FullName, "diffusion_pytorch_model.bin");

    /// <summary>Writes the file.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var config = new UNetConfig
        {
            Height = 256,
            Width = 256,
            BlockOutChannels = [128, 128, 256, 256, 512, 512],
            DownBlockTypes = ["DownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
            UpBlockTypes = ["UpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D", "UpBlock2D", "UpBlock2D"],
        };
        using var file = File.Create(Model);
        Write(file, [.. UNet.Build(config).Parameters]);
        File.WriteAllText(Path.Combine(folder.FullName, "config.json"), UNetConfigJson.ToJson(config));
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Cleanup() => folder.Delete(recursive: true);

    /// <summary>Reads and checks the archive's directory and the pickle.</summary>
    [Benchmark]
    public int Open()
    {
        using var file = TensorFiles.Open(Model);
        return file.Tensors.Count;
    }

    /// <summary>Compares all checksums.</summary>
    [Benchmark]
    public long OpenAndVerify()
    {
        using var file = TensorFiles.Open(Model);
        return file.Verify();
    }

    /// <summary>Reads every tensor, and lets it go.</summary>
    [Benchmark]
    public long OpenAndRead()
    {
        using var file = TensorFiles.Open(Model);
        return file.Tensors.Keys.Sum(name => file.ReadFloat32(name).Data.LongLength);
    }

    /// <summary>Converts the network's folder: checksums, a model folder on the disk, and a comparison of both.</summary>
    [Benchmark]
    public long Convert() => ModelConverter.Convert(ModelSource.Open(folder.FullName), Path.Combine(folder.FullName, "converted")).Values;

    /// <summary>Copies the file to the disk, which is the least a conversion could take.</summary>
    [Benchmark]
    public void Copy()
    {
        using var from = File.OpenRead(Model);
        using var to = File.Create(Path.Combine(folder.FullName, "copy"));
        from.CopyTo(to, 1 << 20);
        to.Flush(flushToDisk: true);
    }

    // A zip archive of stored entries: the pickle of a dictionary, and a storage for each parameter.
    private static void Write(FileStream file, ParameterSpec[] parameters)
    {
        var directory = new MemoryStream();
        Entry(file, directory, "archive/data.pkl", Pickle(parameters));
        for (var i = 0; i < parameters.Length; i++)
        {
            Entry(file, directory, $"archive/data/{i}", new byte[parameters[i].Elements * sizeof(float)]);
        }

        var start = file.Position;
        file.Write(directory.ToArray());
        file.Write([.. "PK\u0005\u0006"u8, 0, 0, 0, 0, .. Number(parameters.Length + 1, 2), .. Number(parameters.Length + 1, 2), .. Number(directory.Length, 4), .. Number(start, 4), 0, 0]);
    }

    private static void Entry(FileStream file, MemoryStream directory, string name, byte[] data)
    {
        byte[] common =
        [
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Number(Crc32.Compute(data), 4), .. Number(data.Length, 4), .. Number(data.Length, 4), .. Number(name.Length, 2), 0, 0,
        ];
        directory.Write([.. "PK\u0001\u0002"u8, 0, 0, .. common, .. new byte[10], .. Number(file.Position, 4), .. Encoding.ASCII.GetBytes(name)]);
        file.Write([.. "PK\u0003\u0004"u8, .. common, .. Encoding.ASCII.GetBytes(name)]);
        file.Write(data);
    }

    private static byte[] Pickle(ParameterSpec[] parameters)
    {
        var pickle = new MemoryStream();
        void Do(string opcodes) => pickle.Write(Encoding.Latin1.GetBytes(opcodes));
        void Text(string text)
        {
            Do("X");
            pickle.Write([.. Number(text.Length, 4), .. Encoding.ASCII.GetBytes(text)]);
        }

        void Integers(IEnumerable<long> values)
        {
            Do("(");
            foreach (var value in values)
            {
                Do("J");
                pickle.Write(Number(value, 4));
            }

            Do("t");
        }

        Do("\u0080\u0002}(");
        for (var i = 0; i < parameters.Length; i++)
        {
            var shape = parameters[i].Shape;
            Text(parameters[i].Name);
            Do("ctorch._utils\n_rebuild_tensor_v2\n((");
            Text("storage");
            Do("ctorch\nFloatStorage\n");
            Text($"{i}");
            Text("cpu");
            Do("J");
            pickle.Write(Number(parameters[i].Elements, 4));
            Do("tQK\0");
            Integers(shape.Select(d => (long)d));
            Integers(shape.Select((_, k) => shape.Skip(k + 1).Aggregate(1L, (a, d) => a * d)));
            Do("\u0089ccollections\nOrderedDict\n)RtR");
        }

        Do("u.");
        return pickle.ToArray();
    }

    private static byte[] Number(long value, int width)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes[..width];
    }
}
