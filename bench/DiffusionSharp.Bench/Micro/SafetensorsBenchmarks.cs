using BenchmarkDotNet.Attributes;
using DiffusionSharp.Files;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Reading a model's weights: the CIFAR-10 U-Net's names and shapes, 35,746,307 values, 143 MB.</summary>
public class SafetensorsBenchmarks
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ddim-micro-");

    private string Model => Path.Combine(folder.FullName, "model.safetensors");

    /// <summary>Writes the file; it is then read from the system's cache.</summary>
    [GlobalSetup]
    public void Setup() => SafetensorsWriter.Write(
        Model, UNet.Build(new UNetConfig()).Parameters.Select(p => KeyValuePair.Create(p.Name, new HostTensor([.. p.Shape], new float[p.Elements]))));

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Cleanup() => folder.Delete(recursive: true);

    /// <summary>Reads and checks the header.</summary>
    [Benchmark]
    public int Open()
    {
        using var file = TensorFiles.Open(Model);
        return file.Tensors.Count;
    }

    /// <summary>Reads every tensor.</summary>
    [Benchmark]
    public long OpenAndRead()
    {
        using var file = TensorFiles.Open(Model);
        return file.Tensors.Keys.Sum(name => file.ReadFloat32(name).Data.LongLength);
    }
}
