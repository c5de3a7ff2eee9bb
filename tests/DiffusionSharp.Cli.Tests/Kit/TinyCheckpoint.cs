using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using TestKit.Files;
using TestKit.Networks;

namespace DiffusionSharp.Cli.Tests.Kit;

/// <summary>Checkpoints of other code bases with small networks for images of 8×8.</summary>
internal static class TinyCheckpoint
{
    public const string GuidedAbout = "image_size=8,num_head_channels=16,diffusion_steps=100";

    /// <summary>A list as the DDIM authors' runner saves it: weights, optimizer and average.</summary>
    public static string Ermongroup(string path)
    {
        var module = new ErmongroupFlags().Module();
        return Zip(path, [.. module.Values("0.module."), KeyValuePair.Create("1.state.0.exp_avg", new HostTensor([2], [1, 2])), .. module.Values("4.", scale: 2)]);
    }

    /// <summary>guided-diffusion's with classes and a learned variance.</summary>
    public static string Guided(string path) => Zip(path, new GuidedFlags { OutChannels = 6, NumClasses = 3, ScaleShift = true }.Module().Values());

    /// <summary>lucidrains' network alone.</summary>
    public static string Lucidrains(string path)
    {
        var graph = new LucidrainsUNetConfig { Height = 8, Width = 8, Dim = 4, DimMults = [1, 2] }.Build();
        return Zip(path, [.. LucidrainsCheckpoint.StateDict(graph, RandomWeights.Create(graph, 1))]);
    }

    /// <summary>guided-diffusion's classifier.</summary>
    public static string Classifier(string path, int classes = 3, int size = 8) =>
        Zip(path, new GuidedClassifierFlags { Classes = classes, ImageSize = size }.Module().Values(scale: 10));

    public static string Zip(string path, IReadOnlyList<KeyValuePair<string, HostTensor>> tensors)
    {
        File.WriteAllBytes(path, TorchWriter.Zip(TorchDict.FromTensors(tensors)));
        return path;
    }
}
