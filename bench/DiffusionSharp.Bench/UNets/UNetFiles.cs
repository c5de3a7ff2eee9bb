using DiffusionSharp.Bench.Ratios;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Networks;
using DiffusionSharp.Onnx;

namespace DiffusionSharp.Bench.UNets;

/// <summary>A network of random weights as the files that subjects open: a model folder, and the ONNX file made of it.</summary>
/// <param name="Folder">The folder that holds both.</param>
internal sealed record UNetFiles(string Folder)
{
    public string Model => Path.Combine(Folder, "model");

    public string Onnx => Path.Combine(Folder, "model.onnx");

    /// <summary>Writes them to a new folder, which <see cref="Delete"/> removes.</summary>
    public static UNetFiles Write(UNetConfig config)
    {
        var subject = new Subject(config);
        var files = new UNetFiles(Directory.CreateTempSubdirectory("unet-bench-").FullName);
        ModelFolder.Save(files.Model, config, new SchedulerConfig(), subject.Weights);
        OnnxExport.Network(files.Onnx, subject.Graph, p => subject.Weights[p.Name]);
        return files;
    }

    /// <summary>The network on an engine.</summary>
    public Networks.IDenoiser Open(Engine engine) => DiffusionModel.Load(Model, engine).Denoiser;

    public void Delete() => Directory.Delete(Folder, recursive: true);
}
