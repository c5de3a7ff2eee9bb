// Trains a small model on a folder of images, and draws a picture with it. Run it from the repository's root; run again, it goes on where it stopped:
//   dotnet run -c Release --project samples/Train FOLDER [IMAGES]
using System.Globalization;
using DiffusionSharp;
using DiffusionSharp.Cpu;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

using var data = DataSets.Open(args[0], new DataOptions { Height = 32, Width = 32 });
var network = UNetConfig.Ddpm(data.Shape, channels: 32, multipliers: [1, 2, 4], layersPerBlock: 1, attentionResolutions: [8]) with { NormNumGroups = 8 };
var options = new TrainingOptions { BatchSize = 16, LearningRate = 1e-3, EmaDecays = [0.999], TotalImages = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000 };
using (var trainer = Trainer.Open(CpuTraining.Engine, "runs/sample", RunConfig.Create(args[0], data, network, options), data))
{
    trainer.Run(new SynchronousProgress<TrainingProgress>(p => Console.Write($"\r{p.Images} images, loss {p.Loss:F4} ")));
}

using var model = DiffusionModel.Load("runs/sample", CpuEngine.Default);
var images = model.Sample(new SampleOptions { Seed = 42 });
ImageFile.SavePng("trained.png", images.Shape, images.ToPictures());
