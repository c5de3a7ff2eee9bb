// Trains a small model on a folder of images, and draws a picture with it. Run it from the repository's root; run again, it goes on where it stopped:
//   dotnet run -c Release --project samples/Train FOLDER [IMAGES]
using System.Globalization;
using DiffusionSharp.Cpu;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

var data = DataSets.Open(args[0], new DataOptions { Height = 32, Width = 32 });
var config = new RunConfig
{
    Network = UNetConfig.Ddpm(data.Shape, channels: 32, multipliers: [1, 2, 4], layersPerBlock: 1, attentionResolutions: [8]) with { NormNumGroups = 8 },
    Scheduler = new SchedulerConfig(),
    Training = new TrainingOptions { BatchSize = 16, LearningRate = 1e-3, EmaDecays = [0.999], TotalImages = long.Parse(args.ElementAtOrDefault(1) ?? "100000", CultureInfo.InvariantCulture) },
    Data = args[0],
    DataFingerprint = data.Fingerprint,
};
using (var trainer = Trainer.Open(CpuTraining.Engine, "runs/sample", config, data))
{
    trainer.Run(p => Console.Write(FormattableString.Invariant($"\r{p.Images} images, loss {p.Loss:F4} ")));
}

using var model = DiffusionModel.Load("runs/sample", CpuEngine.Default);
var images = model.Sample(new SampleOptions { Seed = 42 });
ImageFile.SavePng("trained.png", images.Shape, images.ToPictures());
