// Samples a picture with DDIM in three lines. Run it from the repository's root:
//   dotnet run -c Release --project samples/Sample [MODEL]
// Without .NET where it runs, one file of native code and SkiaSharp's library beside it (docs/getting-started.md says more of x86-64-v3):
//   dotnet publish -c Release -p:PublishAot=true -p:IlcInstructionSet=x86-64-v3 samples/Sample -o shape
// MODEL is a model folder (Hugging Face diffusers layout) or a training run.
using DiffusionSharp.Cpu;
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;

using var model = DiffusionModel.Load(args.FirstOrDefault() ?? "models/shapes-32", CpuEngine.Default);
var images = model.Sample(new SampleOptions { Seed = 42, Steps = 50, Eta = 0 });
ImageFile.SavePng("shape.png", images.Shape, images.ToPictures());
