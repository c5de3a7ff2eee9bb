// Samples 16 pictures with DDIM and saves them as one sheet.
//   dotnet run -c Release --project samples/Sample -- MODEL [sheet.png]
// MODEL is a model folder (Hugging Face diffusers layout) or a training run.
using DiffusionSharp.Imaging.Files;
using DiffusionSharp.Models;
using DiffusionSharp.Torch.Engine;

using var model = DiffusionModel.Load(args[0], TorchEngine.Cpu);
var images = model.Sample(new SampleOptions { Steps = 50, Eta = 0, Count = 16, Seed = 0 });

var pixels = new byte[images.Values.Length];
ImageFile.ToBytes(images.ToFloats(), pixels);
var (shape, sheet) = ImageGrid.Make(images.Shape, pixels);
ImageFile.SavePng(args.Length > 1 ? args[1] : "sheet.png", shape, sheet);
